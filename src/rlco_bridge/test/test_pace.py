# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Time that passes as fast as the robot plays motion."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rlco_bridge.pace import Pace

S = 1_000_000_000
CHANGES = st.lists(st.tuples(st.integers(0, 3 * S), st.floats(0.0, 1.0)), max_size=20)


def test_at_full_speed_it_is_ros_time() -> None:
    pace = Pace()
    pace.set(5 * S, 1.0)
    assert [pace.at(t) for t in (0, S, 7 * S)] == [0, S, 7 * S]


def test_slower_it_is_stretched_and_then_goes_on_from_there() -> None:
    pace = Pace()
    pace.set(10 * S, 0.1)
    assert (pace.at(9 * S), pace.at(10 * S), pace.at(20 * S)) == (9 * S, 10 * S, 11 * S)
    pace.set(20 * S, 0.0)
    assert (pace.speed, pace.at(30 * S)) == (0.0, 11 * S)
    pace.set(30 * S, 1.0)
    assert (pace.at(31 * S), pace.at(15 * S)) == (12 * S, 10 * S + S // 2)


def test_what_is_sent_slowly_is_told_from_what_the_robot_plays_slowly() -> None:
    pace = Pace()
    pace.set(10 * S, 0.5, tempo=0.5)
    assert (pace.speed, pace.tempo, pace.at(14 * S)) == (0.25, 0.5, 11 * S)
    pace.set(14 * S, 0.25, tempo=1.0)
    assert (pace.speed, pace.tempo, pace.at(18 * S)) == (0.25, 1.0, 12 * S)


@given(CHANGES)
def test_it_never_goes_back_nor_faster_than_ros_time(changes: list[tuple[int, float]]) -> None:
    pace, now, seen = Pace(), 0, 0
    for passes, speed in changes:
        before, now = now, now + passes
        paced = pace.at(now)
        assert 0 <= paced - seen <= now - before + 1
        pace.set(now, speed)
        assert pace.at(now) == paced
        seen = paced
