# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Time that passes as fast as the robot plays motion."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlco_bridge.pace import Pace

S, MS = 1_000_000_000, 1_000_000
SHARES = st.floats(0.0, 1.0)
CHANGES = st.lists(
    st.tuples(st.integers(0, 3 * S), SHARES, SHARES, st.floats(0.01, 10.0) | st.just(math.inf)),
    max_size=20,
)


def test_at_full_speed_it_is_ros_time() -> None:
    pace = Pace()
    assert not pace.set(5 * S, 1.0, 1.0)
    assert [pace.at(t) for t in (0, S, 7 * S)] == [0, S, 7 * S]


def test_slower_it_is_stretched_and_then_goes_on_from_there() -> None:
    pace = Pace()
    assert pace.set(10 * S, 0.1, 1.0)
    assert (pace.at(9 * S), pace.at(10 * S), pace.at(20 * S)) == (9 * S, 10 * S, 11 * S)
    assert pace.set(20 * S, 0.0, 1.0)
    assert (pace.speed(25 * S), pace.at(30 * S)) == (0.0, 11 * S)
    assert pace.set(30 * S, 1.0, 1.0)
    assert (pace.at(31 * S), pace.at(15 * S)) == (12 * S, 10 * S + S // 2)


def test_what_is_told_slowly_is_told_from_what_the_robot_plays_slowly() -> None:
    pace = Pace()
    pace.set(10 * S, 0.5, 0.5)
    assert (pace.speed(10 * S), pace.told_speed(10 * S), pace.at(14 * S)) == (0.25, 0.5, 11 * S)
    pace.set(14 * S, 0.25, 1.0)
    assert (pace.speed(14 * S), pace.told_speed(14 * S), pace.at(18 * S)) == (0.25, 1.0, 12 * S)


def test_an_arm_that_moves_is_told_to_slow_down_evenly() -> None:
    pace = Pace()
    pace.set(10 * S, 1.0, 0.8, ease=0.2)
    told = [round(pace.told_speed(10 * S + ms * MS), 6) for ms in (0, 10, 510, 1010, 5000)]
    assert told == [1.0, 1.0, 0.9, 0.8, 0.8]
    assert pace.at(11 * S + 10 * MS) == 11 * S + 10 * MS - 100 * MS
    assert not pace.set(10 * S + 500 * MS, 1.0, 0.3, ease=0.2), "first it comes to where it goes"
    assert pace.set(12 * S, 1.0, 0.3, ease=9.0)
    assert pace.told_speed(12 * S + 510 * MS) == pytest.approx(0.6), "0.4 per s at most"


def test_a_robot_that_plays_slower_slows_down_as_much_later() -> None:
    pace = Pace()
    pace.set(10 * S, 0.5, 0.8, ease=0.2)
    assert pace.told_speed(10 * S + 1020 * MS) == pytest.approx(0.9)
    pace.set(10 * S + 1020 * MS, 0.25, 0.8)
    assert pace.told_speed(10 * S + 1020 * MS) == pytest.approx(0.9)
    assert pace.told_speed(12 * S + 1020 * MS) == pytest.approx(0.8)


@given(CHANGES)
def test_it_never_goes_back_nor_faster_than_ros_time(
    changes: list[tuple[int, float, float, float]],
) -> None:
    pace, now, seen = Pace(), 0, 0
    for passes, robot, told, ease in changes:
        before, now = now, now + passes
        paced = pace.at(now)
        assert -1 <= paced - seen <= now - before + 1
        pace.set(now, robot, told, ease)
        assert abs(pace.at(now) - paced) <= 1
        seen = pace.at(now)
