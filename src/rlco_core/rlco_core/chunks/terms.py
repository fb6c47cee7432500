# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a contract says of chunks in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_core.stamps import NS_PER_S, seconds_to_ns
from rlco_core.types import ACCEPTED, ActionChunk, Verdict


@dataclass(frozen=True)
class Terms:
    """When rows act.

    Attributes:
        dt: control period, s.
        execute: rows that act before the next chunk is due.
        usable: rows that may act while it is awaited, those among them.
    """

    dt: float
    execute: int
    usable: int

    @property
    def dt_ns(self) -> int:
        """Control period, ns."""
        return seconds_to_ns(self.dt)

    def planned(self, chunk: ActionChunk | None, now_ns: int) -> NDArray[np.float32] | None:
        """The (7,) row of ``chunk`` for ``now_ns``, or None where none may act."""
        if chunk is None:
            return None
        number = (now_ns - chunk.stamp_ns) // self.dt_ns
        if not 0 <= number < self.usable:
            return None
        row: NDArray[np.float32] = chunk.actions[number]
        return row

    def judge(self, chunk: ActionChunk, now_ns: int, playing: ActionChunk | None) -> Verdict:
        """Whether ``chunk`` comes in time and after the one that is playing."""
        age_ns, limit_ns = now_ns - chunk.stamp_ns, (self.usable - 1) * self.dt_ns
        if age_ns > limit_ns:
            return Verdict(
                False,
                "stale",
                f"chunk is {age_ns / NS_PER_S:.3f} s old; "
                f"the oldest of use is {limit_ns / NS_PER_S:.3f} s",
            )
        if playing is not None and chunk.stamp_ns < playing.stamp_ns:
            return Verdict(False, "order", "chunk is older than the one that is playing")
        return ACCEPTED
