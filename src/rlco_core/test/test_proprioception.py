# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The policy's view of the arm does not depend on its joints."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rlco_core.kinematics import Kinematics
from rlco_core.proprioception import COLUMNS, LAYOUT, SIZE, proprioception
from rlco_core.robot import RobotConfig

KINEMATICS = Kinematics(RobotConfig.load("panda"))


def test_layout_is_that_of_the_contract() -> None:
    assert (LAYOUT, SIZE, len(COLUMNS)) == ("ee_position_rotation6d_gripper", 10, 10)


def test_at_home() -> None:
    row = proprioception(KINEMATICS, KINEMATICS.home, 0.25)
    assert (row.shape, row.dtype) == ((10,), np.float32)
    position = KINEMATICS.forward(KINEMATICS.home).translation
    assert row[:3] == pytest.approx(position, abs=1e-6)
    # Hand down: its x axis forward, its y axis to the right.
    assert row[3:9] == pytest.approx([1, 0, 0, 0, -1, 0], abs=1e-6)
    assert row[9] == 0.25


@given(arrays(np.float64, 7, elements=st.floats(-1.0, 1.0)))
def test_columns_mean_what_their_names_say(offset: np.ndarray) -> None:
    joints = KINEMATICS.home + offset
    named = dict(zip(COLUMNS, proprioception(KINEMATICS, joints, 1.0), strict=True))
    pose = KINEMATICS.forward(joints)
    for axis, value in zip("xyz", pose.translation, strict=True):
        assert named[axis] == pytest.approx(value, abs=1e-6)
    for column in (1, 2):
        for row in (1, 2, 3):
            expected = pose.rotation[row - 1, column - 1]
            assert named[f"r{row}{column}"] == pytest.approx(expected, abs=1e-6)


def test_postures_of_one_pose_look_alike() -> None:
    joints = KINEMATICS.home + np.array([0.4, 0, -0.4, 0, 0, 0, 0])
    target = KINEMATICS.forward(joints)
    other = KINEMATICS.inverse(target, KINEMATICS.home)
    assert np.abs(other - joints).max() > 0.05
    seen = [proprioception(KINEMATICS, posture, 0.5) for posture in (joints, other)]
    assert seen[0] == pytest.approx(seen[1], abs=1e-3)
