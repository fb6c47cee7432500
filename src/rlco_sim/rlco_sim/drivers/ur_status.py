# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a UR driver tells of its robot, and the dashboard that changes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from rclpy.qos import qos_profile_system_default
from std_msgs.msg import Bool, Float64
from std_srvs.srv import Trigger

from rlco_ros.qos import LATCHED
from rlco_sim.drivers.driver import Stand
from rlco_sim.drivers.packages import kind
from rlco_sim.drivers.wrench_end import WrenchEnd
from rlco_sim.machine.ur import Answer, UrRobot

_IO = "io_and_status_controller"
#: Functions of set_io, and how many digital outputs there are.
_DIGITAL_OUT, _OUTPUTS = 1, 18
#: N and N m that a sensor tells that nobody has zeroed.
_OFFSET = np.array([[1.5, -2.0, 6.0], [0.1, -0.2, 0.05]])


class UrStatus:
    """Topics of the broadcasters and of io_and_status_controller, and ``dashboard_client``.

    Args:
        stand: of the driver.
        robot: whose status it is.
        changed: called when the robot's modes may have changed.
        output: called with pin and state of a digital output that was set.

    Attributes:
        wrench: force and torque on the tool.
    """

    def __init__(
        self,
        stand: Stand,
        robot: UrRobot,
        changed: Callable[[], None],
        output: Callable[[int, bool], None],
    ) -> None:
        self._stand, self._robot, self._changed, self._output = stand, robot, changed, output
        node = stand.node
        self._told: dict[str, int] = {}
        self._latched = {
            name: (node.create_publisher(message, f"{_IO}/{name}", LATCHED), message, field)
            for name, message, field in self._status_kinds()
            if message is not None
        }
        default = qos_profile_system_default
        self._scaling = node.create_publisher(
            Float64, "speed_scaling_state_broadcaster/speed_scaling", default
        )
        self.wrench = WrenchEnd(
            stand, "force_torque_sensor_broadcaster/wrench", "tool0_controller", default, _OFFSET
        )
        self._open_dashboard()
        set_io = kind(stand, "ur_msgs.srv.SetIO", f"{_IO}/set_io")
        if set_io is not None:
            node.create_service(set_io, f"{_IO}/set_io", self._on_set_io)

    def say(self) -> None:
        """Speed and force."""
        self._scaling.publish(Float64(data=100.0 * self._robot.scaling))
        self.wrench.say()

    def say_changes(self) -> None:
        """Modes, where they are not what was told last: at first, what a message has anyway."""
        robot = self._robot
        values = {
            "robot_mode": int(robot.mode),
            "safety_mode": int(robot.safety),
            "robot_program_running": int(robot.connected),
        }
        for name, (publisher, message, field) in self._latched.items():
            if self._told.get(name, 0) != values[name]:
                self._told[name] = values[name]
                told = message()
                setattr(told, field, type(getattr(told, field))(values[name]))
                publisher.publish(told)

    def _status_kinds(self) -> list[tuple[str, Any, str]]:
        stand, package = self._stand, "ur_dashboard_msgs.msg"
        return [
            ("robot_mode", kind(stand, f"{package}.RobotMode", f"{_IO}/robot_mode"), "mode"),
            ("safety_mode", kind(stand, f"{package}.SafetyMode", f"{_IO}/safety_mode"), "mode"),
            ("robot_program_running", Bool, "data"),
        ]

    def _open_dashboard(self) -> None:
        robot = self._robot
        buttons: dict[str, Callable[[], Answer]] = {
            "unlock_protective_stop": robot.unlock_protective_stop,
            "restart_safety": robot.restart_safety,
            "close_safety_popup": robot.close_safety_popup,
            "power_on": robot.power_on,
            "power_off": robot.power_off,
            "brake_release": robot.brake_release,
            "play": robot.play,
            "pause": robot.pause,
            "stop": robot.stop,
        }
        for name, press in buttons.items():
            self._stand.node.create_service(
                Trigger, f"dashboard_client/{name}", self._pressed(press)
            )

    def _pressed(self, press: Callable[[], Answer]) -> Callable[[Any, Any], Any]:
        def on_call(request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            answer = press()
            response.success, response.message = answer.success, answer.message
            self._changed()
            self.say_changes()
            return response

        return on_call

    def _on_set_io(self, request: Any, response: Any) -> Any:
        digital = request.fun == _DIGITAL_OUT and 0 <= request.pin < _OUTPUTS
        if digital:
            self._output(int(request.pin), request.state != 0.0)
        response.success = digital
        return response
