# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated robot as UR's driver, on real topics."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from geometry_msgs.msg import WrenchStamped
from robot_at_hand import Stage, positions, trajectory
from std_msgs.msg import Bool, Float64, Float64MultiArray
from std_srvs.srv import Trigger

from rlco_core.robot import RobotConfig
from rlco_ros.qos import LATCHED
from rlco_sim.session import DT_NS

UR5E = RobotConfig.load("ur5e")
HOME = np.array(UR5E.home)
SUCCEEDED, CANCELED, ABORTED = 4, 5, 6
SCALED, POSITION = "scaled_joint_trajectory_controller", "forward_position_controller"
pytestmark = pytest.mark.parametrize("stage", [UR5E], indirect=True, ids=["ur5e"])


def arm(stage: Stage) -> np.ndarray:
    return positions(stage.hand.joints[-1])[:6]


def stepped(stage: Stage, goal: np.ndarray, count: int = 1) -> None:
    """Answers instants with trajectories that end with them, at ``goal``."""
    for _ in range(count):
        before = stage.now
        message = trajectory(before, UR5E.joint_names, goal)
        message.points[0].time_from_start.nanosec = DT_NS
        stage.hand.arm.publish(message)
        stage.wait(lambda: stage.now > before)  # noqa: B023


def pressed(stage: Stage, button: str) -> Any:
    return stage.call(Trigger, f"dashboard_client/{button}")


def switched(stage: Stage, start: list[str], stop: list[str], strictness: int = 2) -> Any:
    srv = pytest.importorskip("controller_manager_msgs.srv")
    return stage.call(
        srv.SwitchController,
        "controller_manager/switch_controller",
        activate_controllers=start,
        deactivate_controllers=stop,
        strictness=strictness,
    )


def test_a_trajectory_that_is_stamped_with_the_instant_answers_it(stage: Stage) -> None:
    stage.simulator(driver="ur", tf_prefix="left_")
    names = ["left_" + name for name in UR5E.joint_names]
    assert list(stage.hand.joints[-1].name)[:6] == names
    assert "left_robotiq_85_left_knuckle_joint" in stage.hand.joints[-1].name
    before = stage.now
    stage.hand.arm.publish(trajectory(before - DT_NS, names, HOME))
    stage.repeats(2)
    assert stage.now == before
    stage.hand.arm.publish(trajectory(before, names, HOME))
    stage.wait(lambda: stage.now == before + DT_NS)


def test_it_goes_where_trajectories_lead(stage: Stage) -> None:
    stage.simulator(driver="ur")
    start = arm(stage)
    stepped(stage, start + 0.02)
    stepped(stage, start + 0.04)
    stepped(stage, start + 0.04, 3)
    assert arm(stage) == pytest.approx(start + 0.04, abs=2e-3)


def test_a_protective_stop_only_pauses_and_then_the_arm_lunges(stage: Stage) -> None:
    stage.simulator(driver="ur", repeat_after=60.0)
    speeds = stage.listen(Float64, "speed_scaling_state_broadcaster/speed_scaling")
    start = arm(stage)
    for k in range(1, 5):
        stepped(stage, start + 0.03 * k)
    assert speeds[-1].data == 100.0
    assert stage.fault("protective_stop").success
    stepped(stage, start + 0.15, 2)
    assert np.abs(np.array(stage.hand.joints[-1].velocity)[:6]).max() < 1e-2, "within 100 ms"
    stopped = arm(stage)
    assert speeds[-1].data == 0.0
    far = stopped + 0.5 * np.eye(6)[0]
    stepped(stage, far, 101)
    assert np.abs(arm(stage) - stopped).max() < 2e-3, "set-points go nowhere"
    assert not pressed(stage, "play").success
    assert pressed(stage, "unlock_protective_stop").success
    stepped(stage, far)
    assert np.abs(arm(stage) - stopped).max() < 2e-3
    assert pressed(stage, "play").success
    stepped(stage, far, 20)
    assert arm(stage) == pytest.approx(far, abs=0.01)
    assert np.abs([m.velocity[:6] for m in stage.hand.joints[-20:]]).max() > 1.0, "a lunge"
    assert speeds[-1].data == 100.0


def test_it_is_not_unlocked_within_five_seconds(stage: Stage) -> None:
    stage.simulator(driver="ur")
    stage.fault("protective_stop")
    stepped(stage, HOME, 2)
    answer = pressed(stage, "unlock_protective_stop")
    assert not answer.success
    assert "unlock it after 5 s" in answer.message


def test_program_running_is_told_to_those_who_come_late(stage: Stage) -> None:
    stage.simulator(driver="ur")
    running = stage.listen(Bool, "io_and_status_controller/robot_program_running", LATCHED)
    stage.wait(lambda: running)
    assert pressed(stage, "stop").success
    assert stage.fault("program_start").success
    stage.wait(lambda: len(running) == 3)
    assert [message.data for message in running] == [True, False, True]


def test_a_lost_robot_shows_itself_by_states_that_stand_still(stage: Stage) -> None:
    stage.simulator(driver="ur")
    start = arm(stage)
    stage.fault("joint_state_freeze")
    stepped(stage, start + 0.05, 4)
    assert arm(stage).tolist() == start.tolist()
    stage.fault("joint_state_unfreeze")
    stepped(stage, start + 0.05)
    assert np.abs(arm(stage) - start).max() > 0.03


def test_what_pushes_the_arm_is_told_as_the_tool_feels_it(stage: Stage) -> None:
    stage.simulator(driver="ur")
    wrenches = stage.listen(WrenchStamped, "force_torque_sensor_broadcaster/wrench")
    stage.fault("external_force", 15.0)
    stepped(stage, HOME, 2)
    stage.wait(lambda: wrenches[-1].wrench.force.z > 14.0)
    assert wrenches[-1].header.frame_id == "tool0_controller"


def test_speed_scaling_slows_trajectories_down(stage: Stage) -> None:
    stage.simulator(driver="ur")
    assert stage.fault("speed_scaling", 0.5).success
    start = arm(stage)
    message = trajectory(0, UR5E.joint_names, start + 0.2)
    message.points[0].time_from_start.sec = 1
    stage.hand.arm.publish(message)
    stage.repeats(2)
    commands = stage.publisher(Float64MultiArray, f"{POSITION}/commands")
    for _ in range(20):
        before = stage.now
        commands.publish(Float64MultiArray(data=HOME.tolist()))
        stage.wait(lambda: stage.now > before)  # noqa: B023
    assert arm(stage) == pytest.approx(start + 0.1, abs=6e-3)


@pytest.mark.parametrize(
    ("fault", "value", "line"),
    [
        ("flood", 0.0, "fault 'flood' is unknown; known: 'activate_controllers'"),
        ("speed_scaling", 2.0, "speed_scaling is 2; it should be in [0, 1]"),
    ],
)
def test_foul_faults_say_what_would_be_right(
    stage: Stage, fault: str, value: float, line: str
) -> None:
    stage.simulator(driver="ur")
    answer = stage.fault(fault, value)
    assert not answer.success
    assert line in answer.message
    assert "known: 'activate_controllers', " in stage.fault("release").message


def test_in_real_time_joint_states_come_as_often_as_asked(stage: Stage) -> None:
    stage.simulator(driver="ur", mode="realtime", joint_state_rate=100.0, real_time_factor=0.5)
    start = positions(stage.hand.joints[-1])[:6]
    message = trajectory(0, UR5E.joint_names, start + 0.05)
    message.points[0].time_from_start.nanosec = 200_000_000
    stage.hand.arm.publish(message)
    later = stage.repeats(40)
    stamps = [one.header.stamp.sec * 10**9 + one.header.stamp.nanosec for one in later]
    assert stamps[-1] - stamps[0] == pytest.approx(39 * 10_000_000, abs=5_000_000)
    assert {round(gap / 1e6, 1) for gap in np.diff(stamps)} <= {8.3, 12.5}
    assert positions(later[-1])[:6] == pytest.approx(start + 0.05, abs=2e-3)
    steps = [state.step for state in stage.hand.states]
    assert (np.diff(steps) <= 1).all()


def test_what_needs_a_package_that_is_not_there_is_left_out_with_one_line(
    stage: Stage, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("control_msgs.action", "ur_msgs.srv"):
        monkeypatch.setitem(sys.modules, name, None)
    stage.simulator(driver="ur")
    (line,) = (one for one in capfd.readouterr().err.splitlines() if "control_msgs" in one)
    assert "control_msgs is not installed: without robotiq_gripper_controller/gripper_cmd" in line
    assert f"{SCALED}/follow_joint_trajectory" in line
    stepped(stage, HOME)


# --- with the drivers' own message packages ----------------------------------------------


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
    stage.simulator(driver="ur", gripper="digital_output", gripper_pin=16)
    name = "io_and_status_controller/set_io"
    assert "robotiq_85_left_knuckle_joint" not in stage.hand.joints[-1].name
    for state, finger in ((1.0, UR5E.gripper.closed), (0.0, UR5E.gripper.open)):
        assert stage.call(srv.SetIO, name, fun=1, pin=16, state=state).success
        stepped(stage, HOME, 15)
        assert positions(stage.hand.joints[-1])[6] == pytest.approx(finger, abs=2e-3)
    assert not stage.call(srv.SetIO, name, fun=2, pin=16, state=1.0).success
