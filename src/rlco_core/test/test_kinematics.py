# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Forward kinematics by known facts, Jacobian by differences, inverse by coming back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pinocchio as pin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rlco_core.errors import ConfigError, KinematicsError
from rlco_core.kinematics import Kinematics, Vector
from rlco_core.robot import RobotConfig

PANDA = RobotConfig.load("panda")
KINEMATICS = Kinematics(PANDA)
FLANGE_TO_TIP = 0.1034
#: Fractions of each joint's range, kept off its ends.
POSTURES = arrays(np.float64, 7, elements=st.floats(0.05, 0.95)).map(
    lambda fraction: KINEMATICS.lower + fraction * (KINEMATICS.upper - KINEMATICS.lower)
)


def distance(a: pin.SE3, b: pin.SE3) -> float:
    """Largest component of the twist between two poses, m or rad."""
    return float(np.abs(pin.log6(a.actInv(b)).vector).max())


def test_the_zero_posture_by_denavit_and_hartenberg() -> None:
    tip = KINEMATICS.forward(np.zeros(7))
    flange_height = 0.333 + 0.316 + 0.384 - 0.107
    assert tip.translation == pytest.approx([0.088, 0.0, flange_height - FLANGE_TO_TIP], abs=1e-6)
    turn = np.pi / 4  # the hand is mounted at -45 degrees and hangs upside down
    expected = pin.rpy.rpyToMatrix(np.pi, 0.0, 0.0) @ pin.rpy.rpyToMatrix(0.0, 0.0, -turn)
    assert tip.rotation == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("turn", [-2.0, 0.5, 1.5707963])
def test_the_first_joint_turns_everything_about_the_vertical(turn: float) -> None:
    joints = KINEMATICS.home.copy()
    start = KINEMATICS.forward(joints)
    joints[0] += turn
    rotation = pin.rpy.rpyToMatrix(0.0, 0.0, turn)
    assert distance(pin.SE3(rotation, np.zeros(3)) * start, KINEMATICS.forward(joints)) < 1e-9


def test_the_last_joint_turns_the_tip_on_the_spot() -> None:
    joints = KINEMATICS.home.copy()
    start = KINEMATICS.forward(joints)
    joints[6] += 0.3
    moved = KINEMATICS.forward(joints)
    assert moved.translation == pytest.approx(start.translation, abs=1e-9)
    assert pin.log3(start.rotation.T @ moved.rotation) == pytest.approx([0, 0, 0.3], abs=1e-6)


def test_at_home_the_hand_points_straight_down_in_front() -> None:
    home = KINEMATICS.forward(KINEMATICS.home)
    assert home.rotation[:, 2] == pytest.approx([0.0, 0.0, -1.0], abs=1e-6)
    assert home.translation[1] == pytest.approx(0.0, abs=1e-6)
    box = PANDA.limits.workspace
    assert (np.array(box.lower) < home.translation).all()
    assert (home.translation < np.array(box.upper)).all()


def test_limits_are_those_of_the_data_sheet() -> None:
    assert KINEMATICS.upper[3] == -0.0698
    assert KINEMATICS.lower[5] == -0.0175
    assert KINEMATICS.velocity.tolist() == [2.175] * 4 + [2.61] * 3
    assert KINEMATICS.lower.shape == KINEMATICS.upper.shape == KINEMATICS.home.shape == (7,)
    with pytest.raises(ValueError, match="read-only"):
        KINEMATICS.home[0] = 1.0


@given(POSTURES)
def test_the_jacobian_is_the_derivative(joints: Vector) -> None:
    here, delta = KINEMATICS.forward(joints), 1e-6
    for column, unit in enumerate(np.eye(7)):
        after = KINEMATICS.forward(joints + delta * unit)
        before = KINEMATICS.forward(joints - delta * unit)
        twist = (pin.log6(here.actInv(after)) - pin.log6(here.actInv(before))).vector / (2 * delta)
        assert KINEMATICS.jacobian(joints)[:, column] == pytest.approx(twist, abs=1e-6)


@given(POSTURES, arrays(np.float64, 7, elements=st.floats(-0.05, 0.05)))
def test_inverse_kinematics_comes_back_from_a_step_away(posture: Vector, step: Vector) -> None:
    target = KINEMATICS.forward(posture)
    seed = np.clip(posture + step, KINEMATICS.lower, KINEMATICS.upper)
    for _ in range(20):  # singular postures need more than one call
        found = KINEMATICS.inverse(target, seed)
        seed = found
    assert distance(KINEMATICS.forward(found), target) < 2e-3


@settings(max_examples=60)
@given(arrays(np.float64, 7, elements=st.floats(-0.3, 0.3)))
def test_inverse_kinematics_reaches_the_work_area_in_one_call(offset: Vector) -> None:
    target = KINEMATICS.forward(KINEMATICS.home + offset)
    found = KINEMATICS.inverse(target, KINEMATICS.home)
    assert distance(KINEMATICS.forward(found), target) < 1e-3


@given(POSTURES, POSTURES)
def test_inverse_kinematics_stays_within_the_joints_and_repeats(goal: Vector, seed: Vector) -> None:
    target = KINEMATICS.forward(goal)
    given_seed = seed.copy()
    found = KINEMATICS.inverse(target, seed)
    assert (seed == given_seed).all()
    assert (found >= KINEMATICS.lower).all()
    assert (found <= KINEMATICS.upper).all()
    assert (found == Kinematics(PANDA).inverse(target, seed)).all()


def test_the_elbow_leans_towards_home() -> None:
    joints = KINEMATICS.home + np.array([0.3, 0, -0.3, 0, 0, 0, 0])
    target = KINEMATICS.forward(joints)
    start = np.linalg.norm(joints - KINEMATICS.home)
    for _ in range(200):  # each call is asked to go a little, or it would stand still
        nudge = pin.SE3(np.eye(3), np.array([2e-3, 0.0, 0.0]))
        joints = KINEMATICS.inverse(nudge * target, joints)
        joints = KINEMATICS.inverse(target, joints)
    assert distance(KINEMATICS.forward(joints), target) < 1e-3
    assert np.linalg.norm(joints - KINEMATICS.home) < 0.9 * start


@given(POSTURES, arrays(np.float64, 3, elements=st.floats(-2.0, 2.0)))
def test_out_of_reach_it_never_gets_farther_away(seed: Vector, position: Vector) -> None:
    target = pin.SE3(KINEMATICS.forward(KINEMATICS.home).rotation, position)
    start = distance(KINEMATICS.forward(seed), target)
    found = KINEMATICS.inverse(target, seed)
    assert distance(KINEMATICS.forward(found), target) <= start + 1e-12


def test_a_corner_out_of_reach_is_approached_as_it_would_be_from_the_other_side() -> None:
    rotation = KINEMATICS.forward(KINEMATICS.home).rotation
    reached = []
    for side in (1.0, -1.0):
        joints = KINEMATICS.home
        for height in np.linspace(0.33, 0.60, 40):
            corner = pin.SE3(rotation, np.array([height + 0.15, side * (height - 0.2), height]))
            joints = KINEMATICS.inverse(corner, joints)
        reached.append(KINEMATICS.forward(joints).translation)
    assert reached[0] == pytest.approx(reached[1] * [1.0, -1.0, 1.0], abs=0.02)
    assert np.linalg.norm(reached[0] - [0.75, 0.40, 0.60]) < 0.3


def test_a_pose_stays_what_it_was() -> None:
    home = KINEMATICS.forward(KINEMATICS.home)
    before = home.homogeneous.copy()
    KINEMATICS.inverse(KINEMATICS.forward(KINEMATICS.home + 0.1), KINEMATICS.home)
    assert (home.homogeneous == before).all()


@given(POSTURES, POSTURES)
def test_where_an_array_lies_in_memory_makes_no_difference(goal: Vector, seed: Vector) -> None:
    target = KINEMATICS.forward(goal)
    found = KINEMATICS.inverse(target, seed)
    for skew, stride in ((1, 1), (8, 1), (0, 3)):
        room = np.zeros(8 + 8 * 7 * stride, np.uint8)[skew : skew + 8 * 7 * stride]
        elsewhere = room.view(np.float64)[::stride]
        elsewhere[:] = seed
        assert (KINEMATICS.inverse(target, elsewhere) == found).all()
        elsewhere[:] = goal
        assert (KINEMATICS.forward(elsewhere).homogeneous == target.homogeneous).all()


@pytest.mark.parametrize("far", [1e6, 1e160])
def test_absurdly_far_away_the_arm_stays_within_its_joints(far: float) -> None:
    rotation = KINEMATICS.forward(KINEMATICS.home).rotation
    for position in (far * np.eye(3)).tolist():
        found = KINEMATICS.inverse(pin.SE3(rotation, np.array(position)), KINEMATICS.home)
        assert (found >= KINEMATICS.lower).all()
        assert (found <= KINEMATICS.upper).all()


@pytest.mark.parametrize("foul", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(foul: float) -> None:
    home = KINEMATICS.forward(KINEMATICS.home)
    bad_pose = pin.SE3(home.rotation, np.array([foul, 0.0, 0.0]))
    bad_seed = KINEMATICS.home.copy()
    bad_seed[2] = foul
    for target, seed in ((bad_pose, KINEMATICS.home), (home, bad_seed)):
        with pytest.raises(KinematicsError, match="needs a finite target pose and seed"):
            KINEMATICS.inverse(target, seed)


def robot(**changes: object) -> RobotConfig:
    return PANDA.model_copy(update=changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ee_frame": "nose"}, "panda: frame 'nose' is not in panda.urdf; it has .*'panda_hand_t"),
        ({"joints": ("j1",)}, "joint 'j1' is not in panda.urdf; it has 'panda_finger_joint1',"),
        ({"joints": ("universe",)}, "joint 'universe' is not in panda.urdf"),
        ({"joints": tuple(reversed(PANDA.joints))}, "list the joints from base to tip"),
        ({"urdf": Path("/no/such.urdf")}, "panda: cannot read URDF /no/such.urdf"),
    ],
)
def test_what_does_not_fit_the_urdf_is_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Kinematics(robot(**changes))


def test_a_shorter_chain_holds_the_other_joints_at_zero() -> None:
    short = Kinematics(robot(joints=PANDA.joints[:6], home=PANDA.home[:6]))
    joints = np.array([*PANDA.home[:6], 0.0])
    assert distance(short.forward(joints[:6]), KINEMATICS.forward(joints)) < 1e-12
