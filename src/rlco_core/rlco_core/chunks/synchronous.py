# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The arm waits while the policy thinks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlco_core.chunks.terms import Terms
from rlco_core.stamps import NS_PER_S
from rlco_core.types import ACCEPTED, ActionChunk, Verdict


class Synchronous:
    """Rows act from when their chunk comes, as many as the contract executes; then nothing acts
    until the answer to an observation that was taken after them.

    The arm stands meanwhile, so what was planned for the observation's time still fits.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._chunk: ActionChunk | None = None
        self._begun_ns = self._until_ns = 0

    def judge(self, chunk: ActionChunk, now_ns: int) -> Verdict:
        """See ``Execution``."""
        early_ns = self._until_ns - chunk.stamp_ns
        if early_ns > 0 and self._chunk is not None and chunk.by_person == self._chunk.by_person:
            return Verdict(
                False,
                "order",
                f"chunk answers what was seen {early_ns / NS_PER_S:.3f} s before the rows that "
                "act were over",
            )
        return ACCEPTED

    def put(self, chunk: ActionChunk, now_ns: int) -> None:
        """See ``Execution``."""
        self._chunk, self._begun_ns = chunk, now_ns
        self._until_ns = now_ns + self._terms.execute * self._terms.dt_ns

    def at(self, now_ns: int) -> NDArray[np.float32] | None:
        """See ``Execution``."""
        if self._chunk is None or not self._begun_ns <= now_ns < self._until_ns:
            return None
        number = (now_ns - self._begun_ns) // self._terms.dt_ns
        row: NDArray[np.float32] = self._chunk.actions[number]
        return row

    def clear(self) -> None:
        """See ``Execution``."""
        self._chunk, self._begun_ns, self._until_ns = None, 0, 0
