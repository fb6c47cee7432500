# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How chunks are often played, to measure beside: nobody asks how old they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlco_core.chunks import Terms
from rlco_core.types import ACCEPTED, ActionChunk, Verdict


class Naive:
    """The newest chunk acts from its first row on, whenever it comes."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._chunk: ActionChunk | None = None
        self._begun_ns = 0

    def judge(self, chunk: ActionChunk, now_ns: int) -> Verdict:
        """See ``Execution``."""
        return ACCEPTED

    def put(self, chunk: ActionChunk, now_ns: int) -> None:
        """See ``Execution``."""
        self._chunk, self._begun_ns = chunk, now_ns

    def at(self, now_ns: int) -> NDArray[np.float32] | None:
        """See ``Execution``."""
        row = (now_ns - self._begun_ns) // self._terms.dt_ns
        if self._chunk is None or not 0 <= row < self._terms.usable:
            return None
        return self._chunk.actions[row]

    def clear(self) -> None:
        """See ``Execution``."""
        self._chunk, self._begun_ns = None, 0
