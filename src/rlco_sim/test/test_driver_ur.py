# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated robot as UR's driver, on real topics that need no message packages of its own."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from geometry_msgs.msg import WrenchStamped
from robot_at_hand import Stage, positions, trajectory
from std_msgs.msg import Bool, Float64, Float64MultiArray
from ur_at_hand import HOME, POSITION, SCALED, UR5E, arm, pressed, stepped

from rlco_core.errors import ConfigError
from rlco_ros.qos import LATCHED
from rlco_sim.session import DT_NS

pytestmark = pytest.mark.parametrize("stage", [UR5E], indirect=True, ids=["ur5e"])


def test_a_trajectory_that_is_stamped_with_the_instant_answers_it(stage: Stage) -> None:
    stage.simulator(driver="ur", tf_prefix="left_")
    names = ["left_" + name for name in UR5E.joint_names]
    assert list(stage.hand.joints[-1].name) == [*names, "left_robotiq_85_left_knuckle_joint"]
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
    stage.wait(lambda: wrenches)
    rest = wrenches[-1].wrench.force.z
    assert abs(rest) > 1.0, "nobody zeroes its sensor"
    stage.fault("external_force", 15.0)
    stepped(stage, HOME, 2)
    stage.wait(lambda: wrenches[-1].wrench.force.z == pytest.approx(rest + 15.0, abs=0.1))
    stage.fault("external_force", 0.0)
    stage.fault("felt_force", 40.0)
    stepped(stage, HOME, 2)
    stage.wait(lambda: wrenches[-1].wrench.force.z == pytest.approx(rest + 40.0, abs=0.1))
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


def test_another_controller_can_be_the_active_one(stage: Stage) -> None:
    stage.simulator(driver="ur", initial_joint_controller=POSITION, gripper="digital_output")
    commands = stage.publisher(Float64MultiArray, f"{POSITION}/commands")
    start = arm(stage)
    stepped(stage, start + 0.05, 3)
    assert arm(stage) == pytest.approx(start, abs=5e-3), "trajectories are not heard"
    for _ in range(10):
        before = stage.now
        commands.publish(Float64MultiArray(data=(start + 0.05).tolist()))
        stage.wait(lambda: stage.now > before)  # noqa: B023
    assert arm(stage) == pytest.approx(start + 0.05, abs=2e-3)


def test_a_controller_that_is_not_there_cannot_be_active(stage: Stage) -> None:
    line = "'servo' does not command the arm; it should be 'forward_position_controller'"
    with pytest.raises(ConfigError, match=line):
        stage.simulator(driver="ur", initial_joint_controller="servo")


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
