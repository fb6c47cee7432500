# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Whether something grows, by a rule that was there before it was looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from rlco_trainer.bench.soak.footprint import Footprint

#: Most that a process may grow by over the second half: share of its memory, and kB.
MOST_SHARE, MOST_KB = 0.02, 2048.0
_CERTAIN = 1.96
_THOUSAND = 1000.0


@dataclass(frozen=True)
class Slope:
    """A straight line through the second half of a series, by least squares.

    Attributes:
        per_1000: growth per 1,000 episodes.
        low, high: the 95% interval of it.
        grown: over the second half.
    """

    per_1000: float
    low: float
    high: float
    grown: float


def slope(episodes: Sequence[int], values: Sequence[float]) -> Slope:
    """Fits the later half of the samples; there must be six or more of them."""
    half = len(episodes) // 2
    x, y = (np.array(row[half:], dtype=np.float64) for row in (episodes, values))
    rate, error = _fit(x, y)
    ends = (rate, rate - _CERTAIN * error, rate + _CERTAIN * error)
    per_1000, low, high = (round(_THOUSAND * one, 2) for one in ends)
    return Slope(per_1000, low, high, round(rate * float(x[-1] - x[0]), 1))


def _fit(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Slope of least squares, and its standard error."""
    away = x - x.mean()
    rate = float(away @ y / (away @ away))
    left = y - y.mean() - rate * away
    return rate, float(np.sqrt(left @ left / (len(x) - 2) / (away @ away)))


def problem(memory: Slope, level: float, counts: Sequence[tuple[int, int]]) -> str:
    """Why a process is not flat, as one line; empty where it is. It is flat where over the second
    half its memory grew by less than 2% and less than 2 MB, and its handles and threads not at all.

    Args:
        memory: its slope, kB.
        level: of its memory, kB.
        counts: least and most of what is counted.
    """
    most = min(MOST_SHARE * level, MOST_KB)
    if memory.grown >= most:
        return f"memory grew by {memory.grown:.0f} kB in the second half, {most:.0f} kB allowed"
    for low, high in counts:
        if low != high:
            return f"handles or threads were {low} to {high} in the second half, not always as many"
    return ""


@dataclass(frozen=True)
class Process:
    """What came of one process.

    Attributes:
        problem: why it is not flat; empty where it is.
        memory, own: slopes of its resident memory and its part of it, kB.
        handles, threads: the least and most of them in the second half.
        rss_kb, pss_kb: at all looks.
    """

    problem: str
    memory: Slope
    own: Slope
    handles: tuple[int, int]
    threads: tuple[int, int]
    rss_kb: tuple[int, ...]
    pss_kb: tuple[int, ...]

    @classmethod
    def of(cls, looks: Sequence[int], samples: Sequence[Footprint]) -> Process:
        """Judges it; ``looks`` tells after how many episodes samples were taken."""
        later = samples[len(samples) // 2 :]
        rss, pss = (tuple(one.rss_kb for one in samples), tuple(one.pss_kb for one in samples))
        memory = slope(looks, rss)
        handles = _ends([one.handles for one in later])
        threads = _ends([one.threads for one in later])
        why = problem(memory, median(one.rss_kb for one in later), [handles, threads])
        return cls(why, memory, slope(looks, pss), handles, threads, rss, pss)


def _ends(series: Sequence[int]) -> tuple[int, int]:
    return min(series), max(series)
