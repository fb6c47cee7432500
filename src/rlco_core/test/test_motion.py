# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The one action path: what actions become, and what never gets through."""

from __future__ import annotations

import itertools

import numpy as np
import pinocchio as pin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rlco_core.kinematics import Kinematics
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig

DT = 0.05
PANDA = RobotConfig.load("panda")
KINEMATICS = Kinematics(PANDA)
# Per axis, so that the norm stays below the speed limit of 0.5 m/s.
BOUND = float(np.float32(0.99 * 0.5 * DT / np.sqrt(3.0)))


def row(**columns: float) -> np.ndarray:
    names = ("dx", "dy", "dz", "rx", "ry", "rz", "gripper")
    return np.array([columns.get(name, 0.0) for name in names], np.float32)


@pytest.mark.parametrize(("column", "axis"), [("dx", 0), ("dy", 1), ("dz", 2)])
def test_translations_are_along_the_axes_of_the_base(column: str, axis: int) -> None:
    path = ActionPath(PANDA, DT)
    before = path.kinematics.forward(path.command).translation
    command = path.step(row(**{column: 0.01}))
    moved = path.kinematics.forward(command.joints).translation - before
    assert moved == pytest.approx(np.eye(3)[axis] * 0.01, abs=2e-4)


def test_rotations_are_about_the_axes_of_the_base() -> None:
    path = ActionPath(PANDA, DT)
    before = path.target.rotation
    path.step(row(rz=0.05))
    assert pin.log3(path.target.rotation @ before.T) == pytest.approx([0, 0, 0.05], abs=1e-9)


def test_translation_and_rotation_do_not_bend_each_other() -> None:
    path = ActionPath(PANDA, DT)
    before = path.target
    path.step(row(dx=0.01, dz=-0.005, rx=-0.02, ry=0.05, rz=0.03))
    turn = path.target.rotation @ before.rotation.T
    assert path.target.translation - before.translation == pytest.approx([0.01, 0, -0.005])
    assert pin.log3(turn) == pytest.approx([-0.02, 0.05, 0.03])
    assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-12)


@pytest.mark.parametrize(
    ("action", "limit", "reason"),
    [
        (row(dy=np.nan), "finite", "dy"),
        (row(rz=np.inf), "finite", "rz"),
        (np.zeros(6), "finite", "(6,)"),
        (row(dx=1.0), "speed", "20.00 m/s asked, 0.5 m/s allowed"),
        (row(rx=1.0), "speed", "20.00 rad/s asked, 1.5 rad/s allowed"),
        (row(gripper=np.nan), "finite", "action gripper is nan, not finite"),
        (row(dz=-np.inf), "finite", "action dz is -inf, not finite"),
        (np.zeros((4, 7)), "finite", "action has shape (4, 7), not (7,)"),
        (row(dz=3e38), "speed", "m/s asked, 0.5 m/s allowed"),
    ],
)
def test_foul_actions_change_nothing(action: np.ndarray, limit: str, reason: str) -> None:
    path, unharmed = ActionPath(PANDA, DT), ActionPath(PANDA, DT)
    before = path.step(row(dx=0.01, gripper=0.25))
    unharmed.step(row(dx=0.01, gripper=0.25))
    command = path.step(action)
    assert (command.verdict.accepted, command.verdict.limit) == (False, limit)
    assert reason in command.verdict.reason
    assert (command.joints == before.joints).all()
    assert (path.command == before.joints).all()
    assert (command.fingers, path.gripper_opening) == (before.fingers, 0.25)
    assert (path.target.homogeneous == unharmed.target.homogeneous).all()
    assert (path.standing.joints == unharmed.standing.joints).all()
    assert (path.step(row(dy=0.01)).joints == unharmed.step(row(dy=0.01)).joints).all()


def assert_within_limits(joints: np.ndarray, previous: np.ndarray) -> None:
    limits = PANDA.limits
    speed = np.abs(joints - previous) / DT
    assert (speed <= KINEMATICS.velocity * limits.velocity_scale + 1e-6).all()
    assert (joints >= KINEMATICS.lower + limits.joint_margin).all()
    assert (joints <= KINEMATICS.upper - limits.joint_margin).all()
    tip = KINEMATICS.forward(joints).translation
    assert (tip >= np.array(limits.workspace.lower) - limits.workspace_margin).all()
    assert (tip <= np.array(limits.workspace.upper) + limits.workspace_margin).all()


@settings(max_examples=25)
@given(
    arrays(np.float32, (12, 7), elements=st.floats(-BOUND, BOUND, width=32)),
    st.integers(1, 15),
)
def test_no_sequence_of_actions_breaks_a_limit(actions: np.ndarray, repeats: int) -> None:
    path = ActionPath(PANDA, DT)
    previous = path.command
    for action in np.repeat(actions, repeats, axis=0):
        command = path.step(action)
        assert_within_limits(command.joints, previous)
        if not command.verdict.accepted:
            assert (command.joints == previous).all()
        previous = command.joints


def directions() -> list[tuple[int, ...]]:
    every = itertools.product((-1, 0, 1), repeat=3)
    return [direction for direction in every if any(direction)]


@pytest.mark.parametrize("direction", directions())
def test_pushing_far_outside_ends_at_the_wall_and_comes_back(direction: tuple[int, ...]) -> None:
    path = ActionPath(PANDA, DT)
    home, previous = path.target.translation, path.command
    for step in range(240):
        move = np.array(direction) * BOUND
        if step >= 120:
            move = np.clip(home - path.target.translation, -BOUND, BOUND)
        command = path.step(np.array([*move, 0, 0, 0, 0]))
        assert command.verdict.accepted, command.verdict
        assert_within_limits(command.joints, previous)
        previous = command.joints
    assert KINEMATICS.forward(previous).translation == pytest.approx(home, abs=1e-3)


@pytest.mark.parametrize("lean", [-0.3, 0.3])
def test_a_target_that_leaves_the_arm_behind_costs_time_only(lean: float) -> None:
    path = ActionPath(PANDA, DT)
    for _ in range(40):
        assert path.step(row(rz=np.sign(lean) * 0.07)).verdict.accepted
        assert path.step(row(dy=lean * 0.05)).verdict.accepted
    for _ in range(20):
        path.step(row())
    reached = KINEMATICS.forward(path.command)
    assert np.abs(pin.log6(reached.actInv(path.target)).vector).max() < 2e-3


def test_steps_are_the_same_on_every_path_that_has_come_the_same_way() -> None:
    rows = np.random.default_rng(0).uniform(-BOUND, BOUND, (50, 7))
    used, fresh = ActionPath(PANDA, DT), ActionPath(PANDA, DT)
    for action in rows:
        used.step(action)
    used.reset(KINEMATICS.home, 1.0)
    for action in rows:
        assert (used.step(action).joints == fresh.step(action).joints).all()


def test_deltas_add_up_on_the_commanded_pose() -> None:
    path = ActionPath(PANDA, DT)
    start = path.target.translation
    for _ in range(20):
        path.step(row(dx=0.004, dy=-0.003))
    assert path.target.translation - start == pytest.approx([0.08, -0.06, 0.0], abs=1e-6)
    reached = KINEMATICS.forward(path.command).translation
    assert reached == pytest.approx(path.target.translation, abs=2e-4)


def test_nobody_moves_the_path_from_outside() -> None:
    path, joints = ActionPath(PANDA, DT), np.array(KINEMATICS.home)
    path.reset(joints, 0.5)
    joints[0] = 9.0
    path.target.translation[0] = 9.0
    assert path.command[0] == KINEMATICS.home[0]
    assert path.target.translation[0] < 1.0
    with pytest.raises(ValueError, match="read-only"):
        path.step(row(dx=0.01)).joints[0] = 9.0


def test_reset_starts_from_where_the_arm_is() -> None:
    path, joints = ActionPath(PANDA, DT), KINEMATICS.home + 0.1
    path.step(row(dx=0.02))
    path.reset(joints, 0.25)
    assert (path.command == joints).all()
    assert path.gripper_opening == 0.25
    assert (path.target.homogeneous == KINEMATICS.forward(joints).homogeneous).all()


def test_the_target_stops_at_the_wall() -> None:
    path = ActionPath(PANDA, DT)
    for _ in range(100):
        assert path.step(row(dz=-0.02)).verdict.accepted
    assert path.target.translation[2] == pytest.approx(PANDA.limits.workspace.lower[2])


def test_gripper_is_a_finger_position() -> None:
    path = ActionPath(PANDA, DT)
    assert path.step(row(gripper=0.5)).fingers == pytest.approx(0.02)
    assert path.step(row(gripper=7.0)).fingers == pytest.approx(0.04)
    assert path.step(row(gripper=-7.0)).fingers == 0.0
    assert path.standing.fingers == 0.0
