# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a policy sees is old: observations that arrive late, by a latency and some jitter."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

from rlco_sim.settings import TimingSettings

Seen = TypeVar("Seen")

# Keeps the jitter of a seed apart from everything else that the seed draws.
_STREAM = 0x6A697474


class LateView(Generic[Seen]):
    """Looks at the world every control period and hands out what it saw some periods ago.

    Without latency nothing is kept and nothing is looked at before it is asked for.

    Args:
        look: sees the world as it is now.
        dt: control period, s.
    """

    def __init__(self, look: Callable[[], Seen], dt: float) -> None:
        self._look, self._dt = look, dt
        self.reset(TimingSettings(latency=0.0, jitter=0.0), 0)

    def reset(self, timing: TimingSettings, seed: int) -> None:
        """A new episode, with the world as it is now: nothing older is ever seen."""
        self._timing, self._seed = timing, seed
        self._deepest = math.ceil((timing.latency + timing.jitter) / self._dt - 1e-9)
        self._seen: deque[Seen] = deque(maxlen=self._deepest + 1)
        self._steps = 0
        if self._deepest:
            self._seen.append(self._look())

    def advance(self) -> None:
        """A control period has passed."""
        self._steps += 1
        if self._deepest:
            self._seen.append(self._look())

    def now(self) -> Seen:
        """What has arrived by now."""
        if not self._deepest:
            return self._look()
        return self._seen[max(len(self._seen) - 1 - self._age(), 0)]

    def _age(self) -> int:
        """Control periods; drawn for this very instant, so that asking twice changes nothing."""
        share = np.random.default_rng((_STREAM, self._seed, self._steps)).random()
        return round((self._timing.latency + self._timing.jitter * share) / self._dt)
