# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Universal Robots: safety mode, robot mode, program and speed scaling, as ur_robot_driver tells.

A protective or emergency stop only pauses the robot's program: what the controllers hold then goes
on when a person resumes it. So every stop ends the episode, and is latched.
"""

from __future__ import annotations

import math
from typing import Any

from rclpy.node import Node
from std_msgs.msg import Bool, Float64

from rlco_bridge.episode import Outcome
from rlco_bridge.watchdog import Watchdog
from rlco_interfaces.action import RunEpisode
from rlco_ros.optional import interface
from rlco_ros.qos import LATCHED, SENSOR

_Result = RunEpisode.Result
_RELEASE = "release it, then close_safety_popup, play, and arm the bridge"
#: Stop reason, name and what to do, by safety mode (ur_dashboard_msgs/SafetyMode).
_STOPS = {
    3: (
        _Result.STOP_PROTECTIVE_STOP,
        "protective stop",
        "look why, clear the way, then unlock_protective_stop, play, and arm the bridge",
    ),
    4: (_Result.STOP_PROTECTIVE_STOP, "recovery mode", "move it back within its limits by hand"),
    5: (_Result.STOP_SAFEGUARD_STOP, "safeguard stop", _RELEASE),
    6: (_Result.STOP_EMERGENCY_STOP, "emergency stop of the system", _RELEASE),
    7: (_Result.STOP_EMERGENCY_STOP, "emergency stop of the robot", _RELEASE),
    8: (_Result.STOP_ROBOT_FAULT, "safety violation", "restart_safety, then power it on again"),
    9: (_Result.STOP_ROBOT_FAULT, "safety fault", "restart_safety, then power it on again"),
    12: (_Result.STOP_SAFEGUARD_STOP, "safeguard stop of automatic mode", _RELEASE),
    13: (_Result.STOP_SAFEGUARD_STOP, "three-position switch", "hold it in its middle position"),
}
_NORMAL, _REDUCED, _RUNNING = 1, 2, 7
#: Speed scaling, %, below which the robot stands, and for how long until that is a stop, s.
_STANDS, _PAUSE = 0.5, 0.1
#: Longest silence of speed scaling, s; the driver tells it 100 times per second.
_SPEED_SILENT = 1.0
_SPEED = "speed_scaling_state_broadcaster/speed_scaling"


class UrSupervisor:
    """Reads the topics of io_and_status_controller and speed_scaling_state_broadcaster.

    Raises:
        ConfigError: ur_dashboard_msgs is not installed.
    """

    def __init__(self, node: Node) -> None:
        user = "the supervisor of UR's driver"
        safety = interface("ur_dashboard_msgs", "msg", "SafetyMode", user)
        robot = interface("ur_dashboard_msgs", "msg", "RobotMode", user)
        self._node = node
        self._safety: int | None = None
        self._robot: int | None = None
        self._program: bool | None = None
        self.speed = 1.0
        self._speed_heard = Watchdog(_SPEED_SILENT)
        self._scaling: float | None = None
        self._moving = Watchdog(_PAUSE)
        status = "io_and_status_controller"
        node.create_subscription(safety, f"{status}/safety_mode", self._on_safety, LATCHED)
        node.create_subscription(robot, f"{status}/robot_mode", self._on_robot, LATCHED)
        node.create_subscription(Bool, f"{status}/robot_program_running", self._on_program, LATCHED)
        node.create_subscription(Float64, _SPEED, self._on_speed, SENSOR)

    def fault(self) -> Outcome | None:
        """See ``Supervisor``; what was never heard counts as a fault."""
        return (
            self._safety_fault()
            or self._mode_fault()
            or self._program_fault()
            or self._speed_fault()
        )

    def bereft(self) -> Outcome | None:
        """See ``Supervisor``."""
        return None

    def _safety_fault(self) -> Outcome | None:
        if self._safety is None:
            return self._unknown("io_and_status_controller/safety_mode")
        if self._safety in (_NORMAL, _REDUCED):
            return None
        reason, what, advice = _STOPS.get(
            self._safety, (_Result.STOP_ROBOT_FAULT, f"safety mode {self._safety}", "see its panel")
        )
        return Outcome(reason, f"{what}; {advice}")

    def _mode_fault(self) -> Outcome | None:
        if self._robot is None:
            return self._unknown("io_and_status_controller/robot_mode")
        if self._robot == _RUNNING:
            return None
        return Outcome(
            _Result.STOP_ROBOT_FAULT,
            f"robot mode is {self._robot}, it should be {_RUNNING} (running); "
            "power_on and brake_release it, then arm the bridge",
        )

    def _program_fault(self) -> Outcome | None:
        if not self._program:
            return Outcome(
                _Result.STOP_PROGRAM_STOPPED,
                "the program External Control does not run on the robot; play it, "
                "then arm the bridge",
            )
        return None

    def _speed_fault(self) -> Outcome | None:
        if self._scaling is None:
            return self._unknown(_SPEED)
        silent = self._speed_heard.expired
        if silent or not math.isfinite(self._scaling):
            name = self._node.resolve_topic_name(_SPEED)
            said = "fell silent" if silent else f"says {self._scaling:g}"
            return Outcome(
                _Result.STOP_ROBOT_FAULT,
                f"{name} {said}; how fast the robot plays motion is not known; "
                "activate speed_scaling_state_broadcaster, then arm the bridge",
            )
        if self._scaling <= _STANDS and self._moving.expired:
            return Outcome(
                _Result.STOP_PAUSED,
                "speed scaling is 0: the robot is paused, or its speed slider stands at 0; "
                "resume it, then arm the bridge",
            )
        return None

    def _unknown(self, topic: str) -> Outcome:
        name = self._node.resolve_topic_name(topic)
        return Outcome(_Result.STOP_ROBOT_FAULT, f"nothing was heard on {name} yet")

    def _on_safety(self, message: Any) -> None:
        self._safety = message.mode

    def _on_robot(self, message: Any) -> None:
        self._robot = message.mode

    def _on_program(self, message: Bool) -> None:
        self._program = message.data

    def _on_speed(self, message: Float64) -> None:
        """0 to 100, whatever the driver's documentation says."""
        self._scaling = message.data
        self._speed_heard.feed()
        if math.isfinite(message.data):
            self.speed = min(max(message.data / 100.0, 0.0), 1.0)
        if message.data > _STANDS:
            self._moving.feed()
