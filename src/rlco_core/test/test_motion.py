# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The one action path: what actions become, and what never gets through."""

from __future__ import annotations

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


def test_forward_kinematics_of_the_zero_posture() -> None:
    # DH: flange at x = 0.088, z = 0.333 + 0.316 + 0.384 - 0.107; the tip 0.1034 below it.
    tip = KINEMATICS.forward(np.zeros(7)).translation
    assert tip == pytest.approx([0.088, 0.0, 0.333 + 0.316 + 0.384 - 0.107 - 0.1034], abs=1e-6)


def test_jacobian_is_the_derivative() -> None:
    joints, delta = KINEMATICS.home + 0.1, 1e-6
    here = KINEMATICS.forward(joints)
    for column in range(7):
        moved = joints.copy()
        moved[column] += delta
        twist = pin.log6(here.actInv(KINEMATICS.forward(moved))).vector / delta
        assert KINEMATICS.jacobian(joints)[:, column] == pytest.approx(twist, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, 7, elements=st.floats(-0.3, 0.3)))
def test_inverse_kinematics_comes_back(offset: np.ndarray) -> None:
    target = KINEMATICS.forward(KINEMATICS.home + offset)
    found = KINEMATICS.forward(KINEMATICS.inverse(target, KINEMATICS.home))
    assert np.abs(pin.log6(found.actInv(target)).vector).max() < 1e-3


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


@pytest.mark.parametrize(
    ("action", "limit", "reason"),
    [
        (row(dy=np.nan), "finite", "dy"),
        (row(rz=np.inf), "finite", "rz"),
        (np.zeros(6), "finite", "(6,)"),
        (row(dx=1.0), "speed", "20.00 m/s asked, 0.5 m/s allowed"),
        (row(rx=1.0), "speed", "rad/s"),
    ],
)
def test_foul_actions_change_nothing(action: np.ndarray, limit: str, reason: str) -> None:
    path = ActionPath(PANDA, DT)
    path.step(row(dx=0.01))
    before = path.command
    command = path.step(action)
    assert (command.verdict.accepted, command.verdict.limit) == (False, limit)
    assert reason in command.verdict.reason
    assert (command.joints == before).all()
    assert (path.command == before).all()


@settings(max_examples=25, deadline=None)
@given(
    arrays(
        np.float32,
        (30, 7),
        elements=st.floats(-BOUND, BOUND, width=32),
    )
)
def test_no_sequence_of_actions_breaks_a_limit(actions: np.ndarray) -> None:
    path = ActionPath(PANDA, DT)
    previous = path.command
    workspace = PANDA.limits.workspace
    for action in actions:
        for _ in range(4):
            command = path.step(action)
            speed = np.abs(command.joints - previous) / DT
            assert (speed <= KINEMATICS.velocity * PANDA.limits.velocity_scale + 1e-6).all()
            assert (command.joints >= KINEMATICS.lower).all()
            assert (command.joints <= KINEMATICS.upper).all()
            tip = KINEMATICS.forward(command.joints).translation
            assert (tip >= np.array(workspace.lower) - 0.0101).all()
            assert (tip <= np.array(workspace.upper) + 0.0101).all()
            previous = command.joints


def test_the_target_stops_at_the_wall() -> None:
    path = ActionPath(PANDA, DT)
    for _ in range(100):
        assert path.step(row(dz=-0.02)).verdict.accepted
    assert path.target.translation[2] == pytest.approx(PANDA.limits.workspace.lower[2])


def test_brake_halves_the_last_step_and_stands() -> None:
    path = ActionPath(PANDA, DT)
    start = path.step(row(dx=0.01)).joints
    last = path.step(row(dx=0.01)).joints
    first, second = path.brake().joints, path.brake().joints
    assert first - last == pytest.approx(0.5 * (last - start))
    assert (second == first).all()


def test_gripper_is_a_finger_position() -> None:
    path = ActionPath(PANDA, DT)
    assert path.step(row(gripper=0.5)).fingers == pytest.approx(0.02)
    assert path.step(row(gripper=7.0)).fingers == pytest.approx(0.04)
