# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A step between two courses fades, without a step of its own and within what courses leave."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlco_bridge.streaming.seam import Seam, Seams
from rlco_core.kinematics import Kinematics
from rlco_core.profiles import JointState
from rlco_core.robot import RobotConfig

BEGUN = 5_000_000_000
PERIOD_NS = 2_000_000
PANDA = RobotConfig.load("panda")
SEAMS = Seams(Kinematics(PANDA).velocity, PANDA.limits)


def rows(most: float) -> st.SearchStrategy[np.ndarray]:
    return st.lists(st.floats(-most, most), min_size=7, max_size=7).map(np.array)


def seam_over(joints: np.ndarray, velocity: np.ndarray, acceleration: np.ndarray) -> Seam:
    seam = SEAMS.over(BEGUN, JointState(joints, velocity, acceleration))
    assert seam is not None
    return seam


@given(rows(0.1), rows(0.4), rows(10.0))
@settings(deadline=None)
def test_it_goes_from_the_whole_step_to_nothing(
    joints: np.ndarray, velocity: np.ndarray, acceleration: np.ndarray
) -> None:
    seam = seam_over(joints, velocity, acceleration)
    for early in (BEGUN, BEGUN - 10**9):
        state = seam.at(early)
        if state is None:
            assert np.abs([joints, velocity]).max() < 1e-6
            return
        assert state.joints == pytest.approx(joints, abs=1e-9)
        assert state.velocity == pytest.approx(velocity, abs=1e-9)
    last = seam.at(seam.end_ns - 1_000)
    assert last is None or np.abs([last.joints, last.velocity]).max() < 1e-3
    assert seam.at(seam.end_ns) is None


@given(rows(0.1), rows(0.4))
@settings(deadline=None)
def test_it_takes_no_more_than_courses_leave(joints: np.ndarray, velocity: np.ndarray) -> None:
    seam = seam_over(joints, velocity, np.zeros(7))
    times = range(BEGUN, seam.end_ns, PERIOD_NS)
    states = [state for state in map(seam.at, times) if state is not None]
    for state in states:
        assert (np.abs(state.acceleration) <= 0.1001 * np.array(PANDA.limits.acceleration)).all()
    moved = np.diff([state.joints for state in states], axis=0) / (PERIOD_NS * 1e-9)
    spoken = np.array([state.velocity for state in states])
    if len(moved):
        assert moved == pytest.approx(0.5 * (spoken[1:] + spoken[:-1]), abs=1e-3)


def test_a_step_out_of_reach_has_none() -> None:
    still = np.zeros(7)
    assert SEAMS.over(BEGUN, JointState(np.full(7, 0.2), still, still)) is None
