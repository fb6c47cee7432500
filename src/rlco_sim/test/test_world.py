# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The physics: the arm that kinematics knows, moved along the axes that REP 103 names."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet
from rlco_sim.domain import Domain
from rlco_sim.world import World

PANDA, TWIN = RobotConfig.load("panda"), Domain.load("twin").typical()
KINEMATICS = Kinematics(PANDA)
DT = 0.05
TABLE_FLOOR_WALL_ARM = 4


@pytest.fixture
def world() -> Iterator[World]:
    made = World(PANDA, DT)
    made.rebuild(TWIN)
    made.arm.reset(KINEMATICS.home, 0.02)
    yield made
    made.close()


def tip(world: World) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Position (3,) and rotation (3, 3) of the end effector as the physics has it."""
    client = world.client
    for index in range(pybullet.getNumJoints(world.arm.body, physicsClientId=client)):
        info = pybullet.getJointInfo(world.arm.body, index, physicsClientId=client)
        if info[12].decode() == PANDA.ee_frame:
            state = pybullet.getLinkState(
                world.arm.body, index, computeForwardKinematics=True, physicsClientId=client
            )
            rotation = pybullet.getMatrixFromQuaternion(state[5])
            return np.array(state[4]), np.array(rotation).reshape(3, 3)
    raise AssertionError(f"no link {PANDA.ee_frame}")


def test_kinematics_and_physics_are_of_one_arm(world: World) -> None:
    rng = np.random.default_rng(0)
    for joints in rng.uniform(KINEMATICS.lower, KINEMATICS.upper, (50, 7)):
        world.arm.reset(joints, 0.0)
        position, rotation = tip(world)
        expected = KINEMATICS.forward(joints)
        assert position == pytest.approx(expected.translation, abs=1e-6)
        assert rotation == pytest.approx(expected.rotation, abs=1e-6)


@pytest.mark.parametrize(
    ("column", "axis", "meaning"), [(0, 0, "forward"), (1, 1, "left"), (2, 2, "up")]
)
def test_actions_move_the_arm_along_the_axes_of_rep_103(
    world: World, column: int, axis: int, meaning: str
) -> None:
    path, action = ActionPath(PANDA, DT), np.zeros(7)
    action[column] = 0.01
    start, _ = tip(world)
    for _ in range(10):
        command = path.step(action)
        world.arm.advance(command.joints, command.fingers)
    for _ in range(10):
        world.arm.advance(command.joints, command.fingers)
    moved = tip(world)[0] - start
    assert moved == pytest.approx(np.eye(3)[axis] * 0.1, abs=2e-3), meaning


def test_turning_left_is_positive_about_the_vertical(world: World) -> None:
    path, action = ActionPath(PANDA, DT), np.zeros(7)
    action[5] = 0.05
    before = tip(world)[1]
    for _ in range(20):
        command = path.step(action if path.target.rotation[1, 0] < 0.45 else np.zeros(7))
        world.arm.advance(command.joints, command.fingers)
    turn = tip(world)[1] @ before.T
    assert np.arctan2(turn[1, 0], turn[0, 0]) == pytest.approx(0.5, abs=0.01)


def test_motors_are_the_arm_then_the_fingers(world: World) -> None:
    joints = KINEMATICS.home + np.arange(7) * 0.01
    world.arm.reset(joints, 0.03)
    assert world.arm.state[0] == pytest.approx([*joints, 0.03, 0.03], abs=1e-12)
    assert not world.arm.state[1].any()


def test_the_arm_holds_its_weight(world: World) -> None:
    for _ in range(40):
        world.arm.advance(KINEMATICS.home, 0.02)
    assert world.arm.state[0][:7] == pytest.approx(KINEMATICS.home, abs=2e-3)
    assert world.arm.state[1] == pytest.approx(np.zeros(9), abs=1e-2)


def test_the_servos_follow_a_line_and_arrive(world: World) -> None:
    goal = KINEMATICS.home + np.array([0.05, 0, 0, 0, 0, 0, -0.05])
    world.arm.advance(goal, 0.02)
    assert world.arm.state[1][0] > 0.2 < -world.arm.state[1][6]
    for _ in range(10):
        world.arm.advance(goal, 0.02)
    assert world.arm.state[0][:7] == pytest.approx(goal, abs=2e-3)


def test_fingers_open_and_close(world: World) -> None:
    for fingers in (0.04, 0.0):
        for _ in range(15):
            world.arm.advance(KINEMATICS.home, fingers)
        assert world.arm.state[0][7:] == pytest.approx([fingers, fingers], abs=1e-3)


def test_a_box_falls_onto_the_table_and_rests_there(world: World) -> None:
    box = world.add_box((0.02,) * 3, (0.5, 0.3, 0.1), (1.0, 0.0, 0.0), mass=0.1)
    for _ in range(20):
        world.arm.advance(KINEMATICS.home, 0.02)
    assert world.position(box) == pytest.approx([0.5, 0.3, 0.02], abs=1e-3)


def test_marks_are_seen_but_not_touched(world: World) -> None:
    world.add_box((0.1, 0.1, 0.03), (0.5, 0.3, 0.03), (1.0, 1.0, 1.0), solid=False)
    box = world.add_box((0.02,) * 3, (0.5, 0.3, 0.1), (1.0, 0.0, 0.0), mass=0.1)
    for _ in range(20):
        world.arm.advance(KINEMATICS.home, 0.02)
    assert world.position(box)[2] == pytest.approx(0.02, abs=1e-3)


def test_place_puts_a_body_at_rest(world: World) -> None:
    box = world.add_box((0.02,) * 3, (0.5, 0.3, 0.5), (1.0, 0.0, 0.0), mass=0.1)
    world.arm.advance(KINEMATICS.home, 0.02)
    world.place(box, np.array([0.4, -0.3, 0.02]), yaw=0.3)
    velocity = pybullet.getBaseVelocity(box, physicsClientId=world.client)
    assert not np.array(velocity).any()
    assert world.position(box) == pytest.approx([0.4, -0.3, 0.02], abs=1e-12)
    _, rotation = pybullet.getBasePositionAndOrientation(box, physicsClientId=world.client)
    assert pybullet.getEulerFromQuaternion(rotation) == pytest.approx((0, 0, 0.3), abs=1e-9)


def test_rebuild_leaves_the_table_the_floor_the_wall_and_the_arm(world: World) -> None:
    world.add_box((0.02,) * 3, (0.5, 0.0, 0.02), (1.0, 0.0, 0.0))
    world.rebuild(TWIN)
    assert pybullet.getNumBodies(physicsClientId=world.client) == TABLE_FLOOR_WALL_ARM


def test_a_control_period_is_made_of_the_domains_substeps(world: World) -> None:
    parameters = pybullet.getPhysicsEngineParameters(physicsClientId=world.client)
    assert parameters["fixedTimeStep"] == pytest.approx(DT / TWIN.physics.substeps)


def test_worlds_do_not_touch_each_other(world: World) -> None:
    other = World(PANDA, DT)
    other.rebuild(TWIN)
    other.arm.reset(KINEMATICS.home + 0.2, 0.0)
    other.add_box((0.02,) * 3, (0.5, 0.0, 0.02), (1.0, 0.0, 0.0))
    for _ in range(3):
        other.arm.advance(KINEMATICS.home, 0.0)
    assert world.arm.state[0][:7] == pytest.approx(KINEMATICS.home, abs=1e-12)
    assert pybullet.getNumBodies(physicsClientId=world.client) == TABLE_FLOOR_WALL_ARM
    other.close()
    world.arm.advance(KINEMATICS.home, 0.02)


def test_close_frees_the_client_once() -> None:
    made = World(PANDA, DT)
    client = made.client
    assert pybullet.isConnected(client)
    made.close()
    made.close()
    assert not pybullet.isConnected(client)
