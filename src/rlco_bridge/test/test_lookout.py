# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What is looked at beside the episode: who the robot is, its controllers, who else is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from geometry_msgs.msg import WrenchStamped
from std_msgs.msg import String
from wired import Wired

from rlco_bridge.controllers.unheard import Unheard
from rlco_bridge.driver import DriverConfig
from rlco_bridge.lookout import Lookout
from rlco_core.robot import RobotConfig
from rlco_interfaces.msg import ActionChunk
from rlco_ros.qos import COMMAND, LATCHED, STATE

PANDA, UR5E = RobotConfig.load("panda"), RobotConfig.load("ur5e")


class Slow(Unheard):
    """A gripper that was asked long ago."""

    def overdue(self) -> str:
        return "the hand did not answer"


def looking(
    wired: Wired,
    driver: str = "sim",
    gripper: Any = None,
    other: str = "",
    lost: str = "",
    wrench: str = "",
) -> Lookout:
    robot = UR5E if driver == "ur" else PANDA
    hand = gripper or Unheard()
    config = DriverConfig.load(driver).model_copy(update={"wrench": wrench})
    return Lookout(wired.bridge, robot, config, "", hand, lambda: True, lambda: other, lambda: lost)


def test_a_simulation_needs_no_description_and_a_robot_does(wired: Wired) -> None:
    assert looking(wired).refusal() == ""
    pytest.importorskip("ur_dashboard_msgs")
    lookout = looking(wired, "ur")
    assert lookout.refusal() == "nothing was heard on /robot_description yet"
    publisher = wired.driver.create_publisher(String, "robot_description", LATCHED)
    publisher.publish(String(data=PANDA.urdf.read_text()))
    wired.wait(lambda: "no joint shoulder_pan_joint" in lookout.refusal())
    publisher.publish(String(data=UR5E.urdf.read_text()))
    wired.wait(lambda: lookout.refusal() == "")


def test_two_policies_are_one_too_many(wired: Wired) -> None:
    lookout = looking(wired)
    for _ in range(2):
        wired.driver.create_publisher(ActionChunk, "action_chunk", COMMAND)
    wired.wait(lookout.refusal)
    assert lookout.refusal() == "/action_chunk has 2 publishers; stop all but one"
    wired.wait(lookout.trouble)


def test_what_ends_an_episode_is_named(wired: Wired) -> None:
    slow = looking(wired, gripper=Slow()).trouble()
    assert slow is not None
    assert (slow.stop_reason, slow.detail) == ("gripper_timeout", "the hand did not answer")
    lookout = looking(wired, other="the arm is busy")
    wired.wait(lambda: (found := lookout.trouble()) and found.stop_reason == "other_owner")
    lookout = looking(wired, lost="no server")
    wired.wait(lambda: (found := lookout.trouble()) and found.stop_reason == "controller_inactive")
    assert lookout.clock_jump(10**10) is None
    jumped = lookout.clock_jump(10**11)
    assert jumped is not None
    assert jumped.stop_reason == "clock_jump"


def test_a_controller_that_is_not_active_is_a_fault(wired: Wired) -> None:
    pytest.importorskip("ur_dashboard_msgs")
    messages = pytest.importorskip("controller_manager_msgs.srv")
    states = pytest.importorskip("controller_manager_msgs.msg")
    lookout = looking(wired, "ur")
    state = ["inactive"]
    name = "scaled_joint_trajectory_controller"

    def tell(request: Any, response: Any) -> Any:
        response.controller = [states.ControllerState(name=name, state=state[0])]
        return response

    wired.driver.create_service(
        messages.ListControllers, "controller_manager/list_controllers", tell
    )
    # Of a UR of which nothing was heard that is said first.
    lookout._supervisor.fault = lambda: None

    def says(wanted: str) -> bool:
        fault = lookout.fault()
        return (fault.detail if fault else "") == wanted

    wired.wait(lambda: says(f"{name} is inactive, it should be active; activate it, then arm"))
    state[0] = "active"
    wired.wait(lambda: says(""))


def test_without_a_sensor_an_episode_begins_at_once(wired: Wired) -> None:
    lookout = looking(wired)
    lookout.begin(0)
    assert lookout.ready
    assert (lookout.fault(), lookout.trouble()) == (None, None)


def test_with_a_sensor_it_begins_when_that_was_heard_and_ends_when_too_much_acts(
    wired: Wired,
) -> None:
    lookout = looking(wired, wrench="tool/wrench")
    publisher = wired.driver.create_publisher(WrenchStamped, "tool/wrench", STATE)
    message = WrenchStamped()
    fault = lookout.fault()
    assert fault is not None
    assert fault.detail.startswith("nothing was heard on /tool/wrench yet; ")

    def told(done: Callable[[], Any]) -> bool:
        message.header.stamp.sec += 1
        publisher.publish(message)
        return bool(done())

    wired.wait(lambda: told(lambda: lookout.fault() is None))
    lookout.begin(0)
    assert not lookout.ready(0)
    wired.wait(lambda: told(lambda: lookout.ready(0)))
    message.wrench.force.z = -2.0 * PANDA.limits.force
    wired.wait(lambda: told(lookout.trouble))
    trouble = lookout.trouble()
    assert trouble is not None
    assert trouble.stop_reason == "force_exceeded"
