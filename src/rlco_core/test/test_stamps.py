# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Times are exact integers, on both sides of zero."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from rlco_core.stamps import seconds_to_ns, set_stamp, stamp_to_ns


@pytest.mark.parametrize(
    "time_ns", [0, 1, 999_999_999, 1_000_000_000, 1_700_000_000_123_456_789, -1]
)
def test_round_trip(time_ns: int) -> None:
    stamp = SimpleNamespace(sec=5, nanosec=5)
    assert set_stamp(stamp, time_ns) is stamp
    assert 0 <= stamp.nanosec < 1_000_000_000
    assert stamp_to_ns(stamp) == time_ns


def test_known_value() -> None:
    assert stamp_to_ns(SimpleNamespace(sec=2, nanosec=50_000_000)) == 2_050_000_000


def test_seconds_are_rounded_not_cut() -> None:
    assert seconds_to_ns(0.05) == 50_000_000
    assert seconds_to_ns(0.29) == 290_000_000
