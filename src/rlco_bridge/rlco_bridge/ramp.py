# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A share of speed that changes evenly: motion that is slowed down at once would jerk."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Shares = NDArray[np.float64]
Times = float | Shares


@dataclass(frozen=True)
class Ramp:
    """From ``begin`` to ``end``, at ``rate`` per s, from ``lead`` s on.

    Args of its methods are times, s, none of them negative; floats or arrays.
    """

    begin: float
    end: float
    rate: float
    lead: float

    @classmethod
    def level(cls, share: float) -> Ramp:
        """That does not change."""
        return cls(share, share, math.inf, 0.0)

    def after(self, time: float) -> Ramp:
        """What is left of it."""
        return Ramp(float(self.at(time)), self.end, self.rate, max(self.lead - time, 0.0))

    @property
    def lasts(self) -> float:
        """s for which it changes."""
        return abs(self.end - self.begin) / self.rate

    @property
    def over(self) -> float:
        """s until it changes no more."""
        return self.lead + self.lasts if self.begin != self.end else 0.0

    def at(self, time: Times) -> Shares:
        """The share."""
        share = self.begin + self._slope * self._changing(time)
        return np.where(np.asarray(time) >= self.over, self.end, share)

    def slope(self, time: Times) -> Shares:
        """How fast it changes, per s."""
        time = np.asarray(time)
        return np.where((time >= self.lead) & (time < self.over), self._slope, 0.0)

    def passed(self, time: Times) -> Shares:
        """s that pass at that share."""
        changing = self._changing(time)
        level = self.begin * (np.minimum(time, self.lead) + changing)
        after = self.end * np.maximum(np.asarray(time) - self.lead - self.lasts, 0.0)
        return level + 0.5 * self._slope * changing**2 + after

    @property
    def _slope(self) -> float:
        return math.copysign(self.rate, self.end - self.begin) if self.lasts > 0.0 else 0.0

    def _changing(self, time: Times) -> NDArray[np.float64]:
        """s for which it has changed by then."""
        return np.clip(np.asarray(time) - self.lead, 0.0, self.lasts)
