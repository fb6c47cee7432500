# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How late something was that should have been done at given times, in fixed memory."""

from __future__ import annotations

from dataclasses import asdict, dataclass

#: ns: width of a bin, and how many there are; later than all of them counts in the last one.
_BIN_NS, _BINS = 10_000, 5_000
_MS = 1e6


@dataclass(frozen=True)
class Summary:
    """All that was timed so far.

    Attributes:
        count: of what was done.
        missed: deadlines at which nothing was done, because it was later than the next one.
        p50_ms, p99_ms: lateness that half, and all but one in a hundred, did not exceed, to 0.01 ms
            and up to 50 ms.
        max_ms: the greatest lateness.
    """

    count: int
    missed: int
    p50_ms: float
    p99_ms: float
    max_ms: float

    def to_dict(self) -> dict[str, float]:
        """By name."""
        return asdict(self)


class Lateness:
    """Counts."""

    def __init__(self) -> None:
        self._bins = [0] * _BINS
        self._count = self._missed = self._max_ns = 0

    def add(self, late_ns: int, missed: int = 0) -> None:
        """Something was done ``late_ns`` after its time, and ``missed`` deadlines went by."""
        late_ns = max(late_ns, 0)
        self._bins[min(late_ns // _BIN_NS, _BINS - 1)] += 1
        self._count += 1
        self._missed += missed
        self._max_ns = max(self._max_ns, late_ns)

    def summary(self) -> Summary:
        """What it comes to; zeros before anything was added."""
        return Summary(
            self._count, self._missed, self._share(0.5), self._share(0.99), self._max_ns / _MS
        )

    def _share(self, share: float) -> float:
        """ms that ``share`` of all did not exceed: the upper end of its bin."""
        wanted, passed = share * self._count, 0
        for number, count in enumerate(self._bins):
            passed += count
            if count and passed >= wanted:
                return min((number + 1) * _BIN_NS, self._max_ns) / _MS
        return 0.0
