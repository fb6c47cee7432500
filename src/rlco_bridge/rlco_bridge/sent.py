# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a controller was sent, kept for who looks on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sent:
    """A trajectory that a controller was sent.

    Attributes:
        stamp_ns: when it begins.
        after_ns: (k,) when its points are due, from then.
        positions: (k, n) rad or m.
    """

    stamp_ns: int
    after_ns: tuple[int, ...]
    positions: NDArray[np.float64]

    def at(self, stamp_ns: int) -> NDArray[np.float64]:
        """(n,) the point that is due next to ``stamp_ns``."""
        away = [abs(self.stamp_ns + after - stamp_ns) for after in self.after_ns]
        row: NDArray[np.float64] = self.positions[int(np.argmin(away))]
        return row


@dataclass
class Recorder:
    """Trajectories by stamp; repeats of a stamp replace it."""

    sent: dict[int, Sent] = field(default_factory=dict)

    def note(self, sent: Sent) -> None:
        """One that was heard."""
        self.sent[sent.stamp_ns] = sent

    def in_order(self) -> list[Sent]:
        """All of them, by time."""
        return [self.sent[stamp] for stamp in sorted(self.sent)]

    def commands(self) -> NDArray[np.float64]:
        """(m, n): where each trajectory was when the next one came."""
        sent = self.in_order()
        ends = [following.stamp_ns for following in sent[1:]] + [10**19]
        rows = [one.at(end) for one, end in zip(sent, ends, strict=False)]
        return np.array(rows).reshape(len(rows), -1) if rows else np.zeros((0, 1))
