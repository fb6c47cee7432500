# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The policy's view of the arm does not depend on its joints."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rlco_core.kinematics import Kinematics
from rlco_core.proprioception import COLUMNS, LAYOUT, SIZE, Posture, proprioception
from rlco_core.robot import RobotConfig

KINEMATICS = Kinematics(RobotConfig.load("panda"))
OFFSETS = arrays(np.float64, 7, elements=st.floats(-1.0, 1.0))


def test_layout_is_that_of_the_contract() -> None:
    assert (LAYOUT, SIZE) == ("ee_position_rotation6d_gripper_pending", 17)
    assert len(COLUMNS) == 17


def test_at_home_with_nothing_pending() -> None:
    home = Posture(KINEMATICS.home, 0.25)
    row = proprioception(KINEMATICS, home, home)
    assert (row.shape, row.dtype) == ((17,), np.float32)
    position = KINEMATICS.forward(KINEMATICS.home).translation
    assert row[:3] == pytest.approx(position, abs=1e-6)
    # Hand down: its x axis forward, its y axis to the right.
    assert row[3:9] == pytest.approx([1, 0, 0, 0, -1, 0], abs=1e-6)
    assert row[9] == 0.25
    assert row[10:] == pytest.approx([0.0] * 6 + [0.25], abs=1e-9)


@given(OFFSETS)
def test_columns_mean_what_their_names_say(offset: np.ndarray) -> None:
    joints = KINEMATICS.home + offset
    measured = Posture(joints, 1.0)
    named = dict(zip(COLUMNS, proprioception(KINEMATICS, measured, measured), strict=True))
    pose = KINEMATICS.forward(joints)
    for axis, value in zip("xyz", pose.translation, strict=True):
        assert named[axis] == pytest.approx(value, abs=1e-6)
    for column in (1, 2):
        for row in (1, 2, 3):
            expected = pose.rotation[row - 1, column - 1]
            assert named[f"r{row}{column}"] == pytest.approx(expected, abs=1e-6)


@given(OFFSETS, arrays(np.float64, 7, elements=st.floats(-0.1, 0.1)))
def test_the_pending_action_leads_from_the_measured_to_the_commanded_pose(
    offset: np.ndarray, ahead: np.ndarray
) -> None:
    joints = KINEMATICS.home + offset
    row = proprioception(KINEMATICS, Posture(joints, 1.0), Posture(joints + ahead, 0.5))
    here = KINEMATICS.forward(joints).copy()
    there = KINEMATICS.forward(joints + ahead)
    pending = row[10:].astype(float)
    # As ActionPath applies actions.
    assert here.translation + pending[:3] == pytest.approx(there.translation, abs=1e-6)
    assert pin.exp3(pending[3:6]) @ here.rotation == pytest.approx(there.rotation, abs=1e-6)
    assert pending[6] == 0.5


def test_postures_of_one_pose_look_alike() -> None:
    joints = KINEMATICS.home + np.array([0.4, 0, -0.4, 0, 0, 0, 0])
    target = KINEMATICS.forward(joints)
    other = KINEMATICS.inverse(target, KINEMATICS.home)
    assert np.abs(other - joints).max() > 0.05
    postures = [Posture(posture, 0.5) for posture in (joints, other)]
    seen = [proprioception(KINEMATICS, posture, posture) for posture in postures]
    assert seen[0] == pytest.approx(seen[1], abs=1e-3)
