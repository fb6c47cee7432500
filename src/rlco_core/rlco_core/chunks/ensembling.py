# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Temporal ensembling, as ACT does it (arXiv 2304.13705)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlco_core.chunks.terms import Terms
from rlco_core.types import ActionChunk, Verdict

#: By which the weight of a chunk falls from the oldest to the next: exp(-0.01 k), as published.
_FALL = 0.01


class Ensembling:
    """What acts at an instant is the mean of what all chunks planned for it, the oldest weighing
    most.

    Rows are changes of the commanded pose, so it is changes that are averaged, not poses: chunks
    that agree on the way but not on where it began give the same motion, and an offset between
    them is never made up for at once. Rotations are vectors of a few hundredths of a radian, whose
    mean is the mean rotation. The gripper's opening is absolute, and so is its mean: where chunks
    disagree on when to close, it closes gradually.

    It is worth its name only where chunks come faster than they end: the policy should answer
    every observation.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._chunks: list[ActionChunk] = []

    def judge(self, chunk: ActionChunk, now_ns: int) -> Verdict:
        """See ``Execution``."""
        return self._terms.judge(chunk, now_ns, self._chunks[-1] if self._chunks else None)

    def put(self, chunk: ActionChunk, now_ns: int) -> None:
        """See ``Execution``; the answer to the same observation takes the place of the first."""
        others = [one for one in self._chunks if one.stamp_ns != chunk.stamp_ns]
        kept = [one for one in others if self._terms.planned(one, now_ns) is not None]
        self._chunks = [*kept, chunk]

    def at(self, now_ns: int) -> NDArray[np.float32] | None:
        """See ``Execution``."""
        planned = (self._terms.planned(chunk, now_ns) for chunk in self._chunks)
        rows = [row for row in planned if row is not None]
        if not rows:
            return None
        weights = np.exp(-_FALL * np.arange(len(rows)))
        mean: NDArray[np.float64] = np.average(rows, axis=0, weights=weights)
        return mean.astype(np.float32)

    def clear(self) -> None:
        """See ``Execution``."""
        self._chunks = []
