# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Jumps of ROS time are noticed, and nothing else is."""

from __future__ import annotations

import pytest

from rlco_bridge.clock_watch import ClockWatch

S = 1_000_000_000


@pytest.mark.parametrize("factor", [0.0, 0.2, 1.0, 4.0])
def test_time_that_passes_slower_or_faster_is_no_jump(factor: float) -> None:
    steady = [0.0]
    watch = ClockWatch(lambda: steady[0])
    for step in range(200):
        steady[0] = 0.02 * step
        assert watch.look(S + round(factor * steady[0] * S)) == ""


@pytest.mark.parametrize(("jump", "way"), [(10.0, "forward"), (-10.0, "back"), (-0.2, "back")])
def test_jumps_are_told_once(jump: float, way: str) -> None:
    steady = [0.0]
    watch = ClockWatch(lambda: steady[0])
    assert watch.look(20 * S) == ""
    steady[0] = 0.02
    assert watch.look(20 * S + round((0.02 + jump) * S)).startswith(
        f"the ROS clock jumped {way} by"
    )
    steady[0] = 0.04
    assert watch.look(20 * S + round((0.04 + jump) * S)) == ""


def test_simulated_time_begins_with_what_is_heard_first() -> None:
    watch = ClockWatch(lambda: 0.0)
    assert [watch.look(0), watch.look(1000 * S)] == ["", ""]
