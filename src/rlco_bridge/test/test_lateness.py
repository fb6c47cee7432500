# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Lateness in fixed memory: percentiles to a hundredth of a millisecond."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rlco_bridge.streaming.lateness import Lateness


def test_nothing_was_late_before_anything_was_done() -> None:
    summary = Lateness().summary()
    assert set(summary.to_dict().values()) == {0}


@given(st.lists(st.integers(0, 49_000_000), min_size=1, max_size=300))
def test_percentiles_are_those_of_all_values(values: list[int]) -> None:
    lateness = Lateness()
    for value in values:
        lateness.add(value)
    found = lateness.summary()
    for share, ms in ((50, found.p50_ms), (99, found.p99_ms)):
        exact = np.percentile(values, share, method="inverted_cdf") / 1e6
        assert exact <= ms + 1e-9
        assert ms <= exact + 0.01 + 1e-9
    assert (found.count, found.max_ms) == (len(values), max(values) / 1e6)


def test_what_is_early_is_not_late_and_what_is_very_late_is_still_the_greatest() -> None:
    lateness = Lateness()
    lateness.add(-5)
    lateness.add(3_000_000_000, missed=299)
    found = lateness.summary()
    assert (found.p50_ms, found.p99_ms, found.max_ms, found.missed) == (0.01, 50.0, 3000.0, 299)
