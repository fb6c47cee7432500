# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated robot as UR's driver, with that driver's own message packages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from robot_at_hand import Stage, trajectory
from std_msgs.msg import Float64MultiArray
from ur_at_hand import HOME, POSITION, SCALED, UR5E, arm, pressed, stepped

from rlco_ros.qos import LATCHED

SUCCEEDED, CANCELED, ABORTED = 4, 5, 6
pytestmark = pytest.mark.parametrize("stage", [UR5E], indirect=True, ids=["ur5e"])


def switched(stage: Stage, start: list[str], stop: list[str], strictness: int = 2) -> Any:
    srv = pytest.importorskip("controller_manager_msgs.srv")
    return stage.call(
        srv.SwitchController,
        "controller_manager/switch_controller",
        activate_controllers=start,
        deactivate_controllers=stop,
        strictness=strictness,
    )


def test_modes_are_latched(stage: Stage) -> None:
    msg = pytest.importorskip("ur_dashboard_msgs.msg")
    stage.simulator(driver="ur")
    io = "io_and_status_controller"
    safety = stage.listen(msg.SafetyMode, f"{io}/safety_mode", LATCHED)
    modes = stage.listen(msg.RobotMode, f"{io}/robot_mode", LATCHED)
    stage.wait(lambda: safety and modes)
    assert (safety[-1].mode, modes[-1].mode) == (1, 7)
    stage.fault("emergency_stop")
    stage.wait(lambda: (safety[-1].mode, modes[-1].mode) == (7, 3))
    stage.fault("release")
    assert pressed(stage, "power_on").success
    assert pressed(stage, "brake_release").success
    stage.wait(lambda: (safety[-1].mode, modes[-1].mode) == (1, 7))


def test_only_the_active_controller_moves_the_arm_and_a_wrong_size_takes_it_out(
    stage: Stage,
) -> None:
    stage.simulator(driver="ur")
    srv = pytest.importorskip("controller_manager_msgs.srv")
    commands = stage.publisher(Float64MultiArray, f"{POSITION}/commands")
    start = arm(stage)

    def command(values: np.ndarray, count: int = 1) -> None:
        for _ in range(count):
            before = stage.now
            commands.publish(Float64MultiArray(data=values.tolist()))
            stage.wait(lambda: stage.now > before)  # noqa: B023

    command(start + 0.05, 3)
    assert arm(stage) == pytest.approx(start, abs=5e-3)
    refused = switched(stage, [POSITION], [])
    assert not refused.ok
    assert "would both command the arm" in refused.message
    assert switched(stage, [POSITION], [SCALED]).ok
    command(start + 0.05, 10)
    assert arm(stage) == pytest.approx(start + 0.05, abs=2e-3)
    command(start[:5])
    listed = stage.call(srv.ListControllers, "controller_manager/list_controllers").controller
    states = {one.name: one.state for one in listed}
    assert (states[POSITION], states[SCALED]) == ("inactive", "inactive")
    assert states["joint_state_broadcaster"] == "active"


def test_a_goal_lets_time_pass_and_a_stopped_program_ends_it(stage: Stage) -> None:
    follow = pytest.importorskip("control_msgs.action").FollowJointTrajectory
    stage.simulator(driver="ur")
    start, action = arm(stage), f"{SCALED}/follow_joint_trajectory"

    def goal(away: float, seconds: int) -> Any:
        message = trajectory(0, UR5E.joint_names, start + away)
        message.points[0].time_from_start.sec = seconds
        return follow.Goal(trajectory=message)

    status, result = stage.result(stage.send(follow, action, goal(0.1, 1)))
    assert (status, result.error_code) == (SUCCEEDED, 0)
    assert arm(stage) == pytest.approx(start + 0.1, abs=5e-3)
    assert not stage.send(follow, action, follow.Goal()).accepted
    handle = stage.send(follow, action, goal(0.5, 3000))
    assert handle.accepted
    assert pressed(stage, "stop").success
    status, result = stage.result(handle)
    assert (status, result.error_code) == (ABORTED, -1)
    assert "was deactivated" in result.error_string
    assert not stage.send(follow, action, goal(0.1, 1)).accepted
    assert pressed(stage, "play").success
    handle = stage.send(follow, action, goal(0.5, 3000))
    future = handle.cancel_goal_async()
    stage.wait(future.done)
    assert stage.result(handle)[0] == CANCELED


def test_the_gripper_takes_goals_of_the_kind_that_it_was_set_up_for(stage: Stage) -> None:
    action = pytest.importorskip("control_msgs.action")
    stage.simulator(driver="ur", mode="realtime", real_time_factor=2.0)
    goal = action.ParallelGripperCommand.Goal()
    goal.command.position = [0.7929]
    name = "robotiq_gripper_controller/gripper_cmd"
    status, result = stage.result(stage.send(action.ParallelGripperCommand, name, goal))
    assert (status, result.reached_goal) == (SUCCEEDED, True)
    assert result.state.position[0] == pytest.approx(0.7929, abs=0.011)
    knuckle = list(stage.hand.joints[-1].name).index("robotiq_85_left_knuckle_joint")
    assert stage.hand.joints[-1].position[knuckle] == pytest.approx(0.7929, abs=0.011)
    stage.fault("silent_gripper")
    goal.command.position = [0.0]
    silent = stage.send(action.ParallelGripperCommand, name, goal).get_result_async()
    stage.repeats(60)
    assert not silent.done()


def test_or_hangs_on_a_digital_output(stage: Stage) -> None:
    srv = pytest.importorskip("ur_msgs.srv")
    node = stage.simulator(driver="ur", gripper="digital_output", gripper_pin=16)
    name = "io_and_status_controller/set_io"
    assert tuple(stage.hand.joints[-1].name) == UR5E.joint_names, "nobody tells of it"
    for state, finger in ((1.0, UR5E.gripper.closed), (0.0, UR5E.gripper.open)):
        assert stage.call(srv.SetIO, name, fun=1, pin=16, state=state).success
        stepped(stage, HOME, 15)
        assert node._session.fingers == pytest.approx(finger, abs=2e-3)
    assert not stage.call(srv.SetIO, name, fun=2, pin=16, state=1.0).success
