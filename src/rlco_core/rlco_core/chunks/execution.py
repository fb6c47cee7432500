# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What an execution is to the player of chunks."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rlco_core.types import ActionChunk, Verdict


class Execution(Protocol):
    """Plays sound chunks; times are the caller's, ns."""

    def judge(self, chunk: ActionChunk, now_ns: int) -> Verdict:
        """Whether ``chunk``, which is sound, comes in time to be played."""

    def put(self, chunk: ActionChunk, now_ns: int) -> None:
        """Takes a chunk that was judged well."""

    def at(self, now_ns: int) -> NDArray[np.float32] | None:
        """The (7,) action that acts at ``now_ns``, or None where there is none."""

    def clear(self) -> None:
        """Forgets all chunks."""
