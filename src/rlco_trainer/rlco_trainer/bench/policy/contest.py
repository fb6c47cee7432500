# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Contestants take turns, so that a busy moment of the machine meets all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

#: Calls of a turn; the first is not counted, as it finds the caches full of the others' data.
_TURN = 8
_WARM = 3


@dataclass(frozen=True)
class Times:
    """Of one contestant's calls, ms."""

    p50_ms: float
    p99_ms: float


def contest(calls: Mapping[str, Callable[[], object]], seconds: float) -> dict[str, Times]:
    """Calls all by turns until each could have had ``seconds`` of its own."""
    for call in calls.values():
        for _ in range(_WARM):
            call()
    samples: dict[str, list[float]] = {name: [] for name in calls}
    end = time.perf_counter() + seconds * len(calls)
    while not all(samples.values()) or time.perf_counter() < end:
        for name, call in calls.items():
            samples[name] += _turn(call)
    return {name: Times(*_percentiles(found)) for name, found in samples.items()}


def _turn(call: Callable[[], object]) -> list[float]:
    """ms of the calls that count."""
    found = []
    for _ in range(_TURN):
        start = time.perf_counter()
        call()
        found.append(1e3 * (time.perf_counter() - start))
    return found[1:]


def _percentiles(samples: list[float]) -> tuple[float, float]:
    p50, p99 = np.percentile(samples, (50, 99))
    return round(float(p50), 4), round(float(p99), 4)
