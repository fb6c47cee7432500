# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""An arm that does not go where it was told is noticed; one that follows late is not."""

from __future__ import annotations

import numpy as np
import pytest

from rlco_bridge.course import Course
from rlco_bridge.tracking import Tracking
from rlco_core.profiles import JointState

MS = 1_000_000
START = 5_000 * MS


def slide(speed: float, seconds: float = 2.0) -> Course:
    """Joint 1 of two moves at ``speed`` rad/s, told every 10 ms."""
    states = [
        JointState(np.array([speed * 0.01 * k, 0.0]), np.array([speed, 0.0]), np.zeros(2))
        for k in range(round(seconds * 100))
    ]
    return Course(START, 10 * MS, tuple(states))


@pytest.fixture
def tracking() -> Tracking:
    made = Tracking(0.1)
    made.begin(np.zeros(2), START)
    made.tell(slide(0.8))
    return made


@pytest.mark.parametrize("late_ms", [0, 50, 250])
def test_an_arm_may_follow_late(tracking: Tracking, late_ms: int) -> None:
    for ms in range(0, 2000, 20):
        place = 0.8e-3 * max(ms - late_ms, 0)
        assert tracking.measure(np.array([place, 0.0]), START + ms * MS) == ""


def test_an_arm_that_stays_behind_is_named(tracking: Tracking) -> None:
    problems = [tracking.measure(np.zeros(2), START + ms * MS) for ms in range(0, 1000, 20)]
    first = next(k for k, problem in enumerate(problems) if problem)
    assert 400 <= 20 * first <= 600
    assert problems[first].startswith("joint 1 is 0.1")
    assert "is its controller active" in problems[first]


def test_a_course_replaces_what_was_told_after_its_stamp(tracking: Tracking) -> None:
    there = JointState.at_rest(np.array([0.08, 0.0]))
    tracking.tell(Course(START + 100 * MS, 10 * MS, (there, there)))
    assert tracking.measure(np.array([0.08, 0.0]), START + 900 * MS) == ""
    assert tracking.measure(np.array([0.5, 0.0]), START + 920 * MS) != ""


def test_it_stands_once_it_has_for_a_while(tracking: Tracking) -> None:
    for ms in range(0, 300, 20):
        tracking.measure(np.array([0.8e-3 * ms, 0.0]), START + ms * MS)
        assert not tracking.still
    stands = []
    for ms in range(300, 600, 20):
        tracking.measure(np.array([0.24, 0.0]), START + ms * MS)
        stands.append(tracking.still)
    assert stands.index(True) in (7, 8)
