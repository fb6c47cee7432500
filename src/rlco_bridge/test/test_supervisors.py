# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What the robot's own safety controller says is taken at its word, and silence is no good news."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pytest
from std_msgs.msg import Bool, Float64
from wired import Wired

from rlco_bridge.supervisors import NoSupervisor, Supervisor
from rlco_bridge.supervisors.franka import FrankaSupervisor
from rlco_bridge.supervisors.make import make_supervisor
from rlco_bridge.supervisors.ur import UrSupervisor
from rlco_bridge.watchdog import Watchdog
from rlco_ros.qos import COMMAND, LATCHED

RUNNING, NORMAL = 7, 1


def reason(supervisor: Supervisor) -> str:
    fault = supervisor.fault()
    return fault.stop_reason if fault else ""


class Ur:
    """The topics of a UR's driver, and who reads them."""

    def __init__(self, wired: Wired) -> None:
        messages = pytest.importorskip("ur_dashboard_msgs.msg")
        self._messages, self._wired = messages, wired
        self.supervisor = make_supervisor(wired.bridge, "ur")
        assert isinstance(self.supervisor, UrSupervisor)
        status, node = "io_and_status_controller", wired.driver
        self.safety = node.create_publisher(messages.SafetyMode, f"{status}/safety_mode", LATCHED)
        self.robot = node.create_publisher(messages.RobotMode, f"{status}/robot_mode", LATCHED)
        self.program = node.create_publisher(Bool, f"{status}/robot_program_running", LATCHED)
        self.speed = node.create_publisher(
            Float64, "speed_scaling_state_broadcaster/speed_scaling", COMMAND
        )

    def say(
        self,
        safety: int = NORMAL,
        robot: int = RUNNING,
        program: bool = True,
        speed: float = 100.0,
    ) -> None:
        self.speed.publish(Float64(data=speed))
        self.safety.publish(self._messages.SafetyMode(mode=safety))
        self.robot.publish(self._messages.RobotMode(mode=robot))
        self.program.publish(Bool(data=program))

    def becomes(self, wanted: str) -> None:
        self._wired.wait(lambda: reason(self.supervisor) == wanted)

    def is_heard(self) -> None:
        """Speed scaling is no latched topic."""
        self._wired.wait(self.speed.get_subscription_count)


@pytest.fixture
def ur(wired: Wired) -> Ur:
    made = Ur(wired)
    made.is_heard()
    return made


def test_a_ur_of_which_nothing_was_heard_may_not_move(ur: Ur) -> None:
    fault = ur.supervisor.fault()
    assert fault is not None
    assert fault.stop_reason == "robot_fault"
    assert fault.detail == "nothing was heard on /io_and_status_controller/safety_mode yet"
    ur.say()
    ur.becomes("")


@pytest.mark.parametrize(
    ("told", "named", "advice"),
    [
        ({"safety": 3}, "protective_stop", "unlock_protective_stop"),
        ({"safety": 5}, "safeguard_stop", "release it"),
        ({"safety": 6}, "emergency_stop", "release it"),
        ({"safety": 7, "robot": 3}, "emergency_stop", "release it"),
        ({"safety": 8}, "robot_fault", "restart_safety"),
        ({"safety": 11}, "robot_fault", "safety mode 11"),
        ({"safety": 13}, "safeguard_stop", "middle position"),
        ({"robot": 5}, "robot_fault", "robot mode is 5, it should be 7"),
        ({"program": False}, "program_stopped", "play it"),
        ({"speed": math.nan}, "robot_fault", "says nan"),
        ({"speed": math.inf}, "robot_fault", "says inf"),
    ],
)
def test_stops_of_a_ur_are_named_with_what_to_do(
    ur: Ur, told: dict[str, Any], named: str, advice: str
) -> None:
    ur.say()
    ur.becomes("")
    ur.say(**told)
    ur.becomes(named)
    fault = ur.supervisor.fault()
    assert fault is not None
    assert advice in fault.detail
    ur.say(safety=2)
    ur.becomes("")


def test_speed_scaling_is_a_share_and_none_of_it_is_a_pause(ur: Ur, wired: Wired) -> None:
    ur.say()
    ur.becomes("")
    ur.speed.publish(Float64(data=10.0))
    wired.wait(lambda: ur.supervisor.speed == 0.1)
    ur.speed.publish(Float64(data=0.0))
    ur.becomes("paused")
    assert ur.supervisor.speed == 0.0
    ur.speed.publish(Float64(data=100.0))
    ur.becomes("")


def test_speed_scaling_that_falls_silent_is_a_fault(
    ur: Ur, monkeypatch: pytest.MonkeyPatch
) -> None:
    ur.say()
    ur.becomes("")
    monkeypatch.setattr(Watchdog, "expired", property(lambda dog: True))
    fault = ur.supervisor.fault()
    assert fault is not None
    assert "/speed_scaling_state_broadcaster/speed_scaling fell silent" in fault.detail
    assert ur.supervisor.speed == 1.0


def test_a_franka_is_heard_and_its_silence_is_a_fault(wired: Wired) -> None:
    messages = pytest.importorskip("franka_msgs.msg")
    supervisor = make_supervisor(wired.bridge, "franka")
    assert isinstance(supervisor, FrankaSupervisor)
    assert reason(supervisor) == "robot_fault"
    topic = "franka_robot_state_broadcaster/robot_state"
    publisher = wired.driver.create_publisher(messages.FrankaRobotState, topic, COMMAND)

    def says(mode: int, named: str) -> bool:
        publisher.publish(messages.FrankaRobotState(robot_mode=mode))
        return reason(supervisor) == named

    modes = {2: "", 4: "reflex", 5: "user_stop", 3: "user_stop", 0: "robot_fault", 1: ""}
    for mode, named in modes.items():
        wired.wait(partial(says, mode, named))
    wired.wait(lambda: reason(supervisor) == "driver_silent")
    bereft = supervisor.bereft()
    assert bereft is not None
    assert bereft.stop_reason == "reflex"


def test_a_robot_that_says_nothing_of_itself_is_taken_as_it_is(wired: Wired) -> None:
    supervisor = make_supervisor(wired.bridge, "none")
    assert isinstance(supervisor, NoSupervisor)
    assert (supervisor.speed, supervisor.fault(), supervisor.bereft()) == (1.0, None, None)
