# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated robot as Franka's driver, on real topics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from geometry_msgs.msg import WrenchStamped
from rclpy.qos import QoSProfile, ReliabilityPolicy
from robot_at_hand import ARM, FINGERS, PANDA, Stage, positions, trajectory
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

from rlco_sim.machine.franka import RobotMode
from rlco_sim.session import DT_NS

HOME = np.array(PANDA.home)
SUCCEEDED, ABORTED = 4, 6
CONTROLLER = "panda_arm_controller"
STATE, JOINTS = "franka_robot_state_broadcaster", "joint_state_broadcaster"
BEST_EFFORT = QoSProfile(depth=100, reliability=ReliabilityPolicy.BEST_EFFORT)


def stepped(stage: Stage, goal: np.ndarray, count: int = 1) -> None:
    """Answers instants with trajectories that end with them, at ``goal``."""
    for _ in range(count):
        before = stage.now
        message = trajectory(before, ARM, goal)
        message.points[0].time_from_start.nanosec = DT_NS
        stage.hand.arm.publish(message)
        stage.wait(lambda: stage.now > before)  # noqa: B023


def test_arm_and_fingers_are_told_apart_and_merged(stage: Stage) -> None:
    stage.simulator(driver="franka")
    arm = stage.listen(JointState, "franka/joint_states")
    fingers = stage.listen(JointState, "franka_gripper/joint_states")
    measured = stage.listen(JointState, f"{STATE}/measured_joint_states", BEST_EFFORT)
    reliable = stage.listen(JointState, f"{STATE}/measured_joint_states")
    stage.wait(lambda: arm and fingers and measured)
    stepped(stage, HOME, 3)
    assert (tuple(arm[-1].name), tuple(fingers[-1].name)) == (ARM, FINGERS)
    assert tuple(stage.hand.joints[-1].name) == (*ARM, *FINGERS)
    stage.wait(lambda: stage.hand.joints[-1].header.stamp == arm[-1].header.stamp)
    assert stage.hand.joints[-1].position[:7] == arm[-1].position
    assert not reliable, "a trap of the real one"


def test_a_reflex_silences_the_driver_and_stops_the_arm(stage: Stage) -> None:
    node = stage.simulator(driver="franka")
    arm = stage.listen(JointState, "franka/joint_states")
    start = positions(stage.hand.joints[-1])[:7]
    stage.wait(lambda: arm)
    stepped(stage, start + 0.03)
    stepped(stage, start + 0.06)
    assert stage.fault("reflex").success
    count, heard = len(arm), positions(stage.hand.joints[-1])[:7]
    stepped(stage, start + 0.3, 2)
    where = node._session.joint_positions.copy()
    assert np.abs(node._session.motor_velocities[:7]).max() < 1e-2, "within 100 ms"
    stepped(stage, start + 0.3, 4)
    assert len(arm) == count
    assert positions(stage.hand.joints[-1])[:7].tolist() == heard.tolist(), "merged from old news"
    assert node._session.joint_positions == pytest.approx(where, abs=2e-3)


def test_the_joint_impedance_of_crisp_controllers_goes_to_the_target_of_one_publisher(
    stage: Stage,
) -> None:
    stage.simulator(driver="franka", initial_joint_controller="joint_impedance_controller")
    targets = stage.publisher(JointState, "target_joint")
    start = positions(stage.hand.joints[-1])[:7]

    def told(goal: np.ndarray) -> np.ndarray:
        for _ in range(10):
            before = stage.now
            targets.publish(JointState(position=goal.tolist()))
            stage.wait(lambda: stage.now > before)  # noqa: B023
        return positions(stage.hand.joints[-1])[:7]

    assert told(start + 0.05) == pytest.approx(start + 0.05, abs=5e-3)
    second = stage.publisher(JointState, "target_joint")
    assert told(start) == pytest.approx(start + 0.05, abs=5e-3), "it obeys neither"
    stage.hand.destroy_publisher(second)


def test_what_pushes_the_arm_is_told_as_the_tool_feels_it(stage: Stage) -> None:
    stage.simulator(driver="franka")
    topic = f"{STATE}/external_wrench_in_stiffness_frame"
    wrenches = stage.listen(WrenchStamped, topic, BEST_EFFORT)
    reliable = stage.listen(WrenchStamped, topic)
    stage.wait(lambda: wrenches)
    assert wrenches[-1].wrench.force.z == 0.0
    stage.fault("external_force", 15.0)
    stepped(stage, HOME, 2)
    stage.wait(lambda: wrenches[-1].wrench.force.z == pytest.approx(15.0, abs=0.1))
    assert wrenches[-1].header.frame_id == "panda_hand_tcp"
    stage.fault("external_force", 0.0)
    stage.fault("felt_force", 40.0)
    stepped(stage, HOME, 2)
    stage.wait(lambda: wrenches[-1].wrench.force.z == pytest.approx(40.0, abs=0.1))
    stage.fault("reflex")
    count = len(wrenches)
    stepped(stage, HOME, 2)
    assert len(wrenches) == count, "silent as all of its broadcasters are"
    assert not reliable, "a trap of the real one"


def test_slow_topics_are_slow_in_real_time(stage: Stage) -> None:
    stage.simulator(driver="franka", mode="realtime", real_time_factor=0.5)
    arm = stage.listen(JointState, "franka/joint_states")
    fingers = stage.listen(JointState, "franka_gripper/joint_states")
    stage.wait(lambda: arm and fingers)
    arm.clear(), fingers.clear(), stage.hand.joints.clear()
    stage.wait(lambda: len(arm) >= 100)
    assert len(stage.hand.joints) == pytest.approx(30, abs=8)
    assert len(fingers) == pytest.approx(15, abs=5)


# --- with the drivers' own message packages ----------------------------------------------


def test_the_way_back_from_a_reflex_has_three_steps(stage: Stage) -> None:
    action = pytest.importorskip("franka_msgs.action")
    messages = pytest.importorskip("franka_msgs.msg")
    srv = pytest.importorskip("controller_manager_msgs.srv")
    stage.simulator(driver="franka")
    states = stage.listen(messages.FrankaRobotState, f"{STATE}/robot_state")
    stage.wait(lambda: states)
    assert states[-1].robot_mode == RobotMode.MOVE
    assert states[-1].o_t_ee.pose.position.z > 0.0
    stage.fault("reflex")
    everyone = [JOINTS, STATE, CONTROLLER]

    def switched() -> Any:
        return stage.call(
            srv.SwitchController,
            "controller_manager/switch_controller",
            activate_controllers=everyone,
            strictness=2,
        )

    def component() -> Any:
        request = srv.SetHardwareComponentState.Request(name="FrankaHardwareInterface")
        request.target_state.id = 3
        name = "controller_manager/set_hardware_component_state"
        target = {"name": request.name, "target_state": request.target_state}
        return stage.call(srv.SetHardwareComponentState, name, **target)

    assert "the hardware component is not active" in switched().message
    assert not component().ok
    recovery = stage.send(
        action.ErrorRecovery, "action_server/error_recovery", action.ErrorRecovery.Goal()
    )
    assert stage.result(recovery)[0] == SUCCEEDED
    assert not switched().ok
    answer = component()
    assert (answer.ok, answer.state.label) == (True, "active")
    states.clear()
    assert switched().ok
    stage.wait(lambda: states)
    assert states[-1].robot_mode == RobotMode.MOVE
    assert states[-1].last_motion_errors.joint_reflex
    assert not states[-1].current_errors.joint_reflex


def test_with_no_controller_modes_are_told(stage: Stage) -> None:
    messages = pytest.importorskip("franka_msgs.msg")
    stage.simulator(driver="franka")
    states = stage.listen(messages.FrankaRobotState, f"{STATE}/robot_state")
    for fault, mode in (
        ("deactivate_controllers", RobotMode.IDLE),
        ("user_stop", RobotMode.USER_STOPPED),
        ("release", RobotMode.IDLE),
        ("reflex", RobotMode.REFLEX),
        ("activate_controllers", RobotMode.MOVE),
    ):
        assert stage.fault(fault).success
        stage.wait(lambda: states and states[-1].robot_mode == mode)  # noqa: B023


def test_what_pushes_the_arm_is_told(stage: Stage) -> None:
    messages = pytest.importorskip("franka_msgs.msg")
    stage.simulator(driver="franka")
    states = stage.listen(messages.FrankaRobotState, f"{STATE}/robot_state")
    stage.wait(lambda: states)
    stage.fault("external_force", 15.0)
    stepped(stage, HOME, 2)
    stage.wait(lambda: states[-1].o_f_ext_hat_k.wrench.force.z == pytest.approx(-15.0))


def test_the_gripper_has_a_trap_of_halves_and_wholes(stage: Stage) -> None:
    gripper = pytest.importorskip("control_msgs.action").GripperCommand
    franka = pytest.importorskip("franka_msgs.action")
    stage.simulator(driver="franka", mode="realtime", real_time_factor=2.0)

    def commanded(position: float) -> tuple[int, Any]:
        goal = gripper.Goal()
        goal.command.position = position
        return stage.result(stage.send(gripper, "franka_gripper/gripper_action", goal))

    homing = stage.send(franka.Homing, "franka_gripper/homing", franka.Homing.Goal())
    assert stage.result(homing)[1].success
    assert commanded(0.03)[0] == ABORTED, "closing is a grasp, and nothing is there"
    status, result = commanded(0.03)
    assert status == SUCCEEDED
    assert result.position == pytest.approx(0.06, abs=3e-3)
    move = franka.Move.Goal(width=0.02, speed=0.2)
    status, result = stage.result(stage.send(franka.Move, "franka_gripper/move", move))
    assert (status, result.success) == (SUCCEEDED, True)
    assert positions(stage.hand.joints[-1])[7] == pytest.approx(0.01, abs=2e-3)
    grasp = franka.Grasp.Goal(width=0.05, speed=0.2, force=10.0)
    status, result = stage.result(stage.send(franka.Grasp, "franka_gripper/grasp", grasp))
    assert (status, result.success) == (ABORTED, False)
    assert result.error == ""
    assert commanded(0.05)[0] == ABORTED, "wider than it opens"


def test_goals_of_the_gripper_block_and_a_stop_ends_them(stage: Stage) -> None:
    franka = pytest.importorskip("franka_msgs.action")
    stage.simulator(driver="franka", mode="realtime")
    move = franka.Move.Goal(width=0.0, speed=0.001)
    running = stage.send(franka.Move, "franka_gripper/move", move)
    future = running.get_result_async()
    stage.repeats(5)
    assert not future.done()
    assert stage.call(Trigger, "franka_gripper/stop").success
    stage.wait(future.done)
    assert future.result().result.error == "libfranka gripper: Command aborted!"
