# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A new chunk fades in over what is left of the plan before it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rlco_core.chunks.terms import Terms
from rlco_core.types import ActionChunk, Verdict


class Blending:
    """Real-time chunking (arXiv 2506.07339) as far as it can be done outside the policy.

    There the policy is held to the rows that pass while it thinks, and guided towards the rest of
    its last chunk by weights that fall from one to nothing. Here the same weights mix rows once the
    new chunk is there: rows that pass meanwhile are those of the plan before, the next ones nearly
    so, and the last ones, of which that plan knows nothing, those of the new chunk. The delay is
    what stamps tell. Guidance lets a policy find a way from one plan into the other; a mixture of
    two ways around something may lead through it. So this is no real-time chunking, and is not
    called that.

    Mixed are changes of the commanded pose, and openings of the gripper, see ``Ensembling``.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._plan: ActionChunk | None = None

    def judge(self, chunk: ActionChunk, now_ns: int) -> Verdict:
        """See ``Execution``."""
        return self._terms.judge(chunk, now_ns, self._plan)

    def put(self, chunk: ActionChunk, now_ns: int) -> None:
        """See ``Execution``."""
        before = self._before(chunk)
        delay = math.ceil((now_ns - chunk.stamp_ns) / self._terms.dt_ns)
        weights = held(len(before), delay)[:, None]
        rows = np.array(chunk.actions)
        if before:
            rows[: len(before)] += weights * (np.array(before) - rows[: len(before)])
        self._plan = replace(chunk, actions=rows.astype(np.float32))

    def at(self, now_ns: int) -> NDArray[np.float32] | None:
        """See ``Execution``."""
        return self._terms.planned(self._plan, now_ns)

    def clear(self) -> None:
        """See ``Execution``."""
        self._plan = None

    def _before(self, chunk: ActionChunk) -> list[NDArray[np.float32]]:
        """What was planned for the times of the rows of ``chunk``, as far as that goes."""
        times = (chunk.stamp_ns + row * self._terms.dt_ns for row in range(self._terms.usable))
        rows = (self._terms.planned(self._plan, at) for at in times)
        return [row for row in rows if row is not None]


def held(overlap: int, delay: int) -> NDArray[np.float32]:
    """(overlap,) by which rows of a new chunk are those of the plan before.

    Args:
        overlap: first rows of the new chunk that the plan before has something for.
        delay: rows that passed until it came.
    """
    left = np.arange(overlap, 0, -1) / max(overlap - delay + 1, 1)
    return np.where(left > 1.0, 1.0, left * np.expm1(left) / math.expm1(1.0)).astype(np.float32)
