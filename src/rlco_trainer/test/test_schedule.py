# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Learning rates over a run."""

from __future__ import annotations

import pytest

from rlco_trainer.learning.schedule import faded, followed, warmed


def test_it_climbs_then_falls_as_half_a_cosine() -> None:
    rates = [0.4 * warmed(step, 10, 110) for step in range(111)]
    assert rates[:10] == pytest.approx([0.04 * (step + 1) for step in range(10)])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert (rates[10], rates[60], rates[110]) == pytest.approx((0.4, 0.2, 0.0), abs=1e-12)
    assert warmed(4, 10, 5) == 0.5, "a run may be shorter than its warm-up"


def test_it_follows_how_far_the_policy_moved() -> None:
    assert followed(1e-4, 0.5, 0.1) < 1e-4 < followed(1e-4, 0.01, 0.1)
    assert followed(1e-4, 0.1, 0.1) == 1e-4
    rate = 1e-4
    for _ in range(100):
        rate = followed(rate, 1e3, 0.1)
    assert 0.0 < rate < 1e-5, "it never vanishes"
    for _ in range(100):
        rate = followed(rate, 0.0, 0.1)
    assert rate < 0.1, "nor does it explode"


def test_what_is_learned_at_first_is_learned_fastest() -> None:
    assert [faded(done) for done in (0.0, 0.5, 1.0)] == pytest.approx([1.0, 0.5, 0.0])
