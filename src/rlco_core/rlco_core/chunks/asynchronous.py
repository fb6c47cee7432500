# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The arm moves while the policy thinks, and nothing is played late."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlco_core.chunks.terms import Terms
from rlco_core.types import ActionChunk, Verdict


class Asynchronous:
    """The newest chunk acts, as soon as it comes, every row at the time that it was planned for.

    Rows whose time passed while the policy thought are skipped: the delay is what stamps tell, not
    what anybody assumed.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._chunk: ActionChunk | None = None

    def judge(self, chunk: ActionChunk, now_ns: int) -> Verdict:
        """See ``Execution``."""
        return self._terms.judge(chunk, now_ns, self._chunk)

    def put(self, chunk: ActionChunk, now_ns: int) -> None:
        """See ``Execution``."""
        self._chunk = chunk

    def at(self, now_ns: int) -> NDArray[np.float32] | None:
        """See ``Execution``."""
        return self._terms.planned(self._chunk, now_ns)

    def clear(self) -> None:
        """See ``Execution``."""
        self._chunk = None
