# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Deadlines in simulated time."""

from __future__ import annotations

from rlco_bridge.watchdog import Watchdog


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_silence_counts_from_the_making_then_from_the_last_feed() -> None:
    clock = Clock()
    watchdog = Watchdog(0.5, clock)
    assert watchdog.silence == 0.0
    clock.now += 0.25
    assert watchdog.silence == 0.25
    watchdog.feed()
    clock.now += 0.125
    assert watchdog.silence == 0.125


def test_it_expires_after_the_timeout_not_at_it() -> None:
    clock = Clock()
    watchdog = Watchdog(0.5, clock)
    clock.now += 0.5
    assert not watchdog.expired
    clock.now += 1e-6
    assert watchdog.expired


def test_it_stays_expired_until_it_is_fed() -> None:
    clock = Clock()
    watchdog = Watchdog(0.5, clock)
    clock.now += 10.0
    assert [watchdog.expired, watchdog.expired] == [True, True]
    watchdog.feed()
    assert not watchdog.expired
