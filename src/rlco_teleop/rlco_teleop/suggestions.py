# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A policy's chunks, while a person is free to act in its place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlco_core.chunks import ChunkPlayer
from rlco_core.contract import Contract
from rlco_core.stamps import seconds_to_ns
from rlco_core.types import ACCEPTED, ActionChunk


class Suggestions:
    """Plays a policy's chunks as the bridge would.

    Args:
        contract: of the policy.
        lockstep: a chunk is taken only at the instant that it answers, and only where none covers
            that: so which rows act does not depend on when messages come.

    Attributes:
        verdict: on the chunk that was judged last.
    """

    def __init__(self, contract: Contract, lockstep: bool) -> None:
        action = contract.action
        self._player = ChunkPlayer.of(contract, lockstep)
        self._lockstep, self._dt_ns = lockstep, seconds_to_ns(action.dt)
        self._horizon = action.horizon
        self._newest: ActionChunk | None = None
        self._void_ns = -1
        self.verdict = ACCEPTED

    def put(self, chunk: ActionChunk, now_ns: int) -> None:
        """A chunk came; in lock-step it is judged when its time comes."""
        if chunk.stamp_ns <= self._void_ns:
            return
        self._newest = chunk
        if not self._lockstep:
            self.verdict = self._player.accept(chunk, now_ns)

    def rows(self, now_ns: int) -> tuple[int, NDArray[np.float32]] | None:
        """The (k, 7) actions from now on, and when the first began to act; None without any."""
        newest = self._newest
        if newest is not None and newest.stamp_ns == now_ns and self._player.at(now_ns) is None:
            self.verdict = self._player.accept(newest, now_ns)
        began = now_ns - (now_ns - self._player.stamp_ns) % self._dt_ns
        found = (self._player.at(began + row * self._dt_ns) for row in range(self._horizon))
        rows = [row for row in found if row is not None]
        return (began, np.stack(rows)) if rows else None

    def clear(self, until_ns: int) -> None:
        """What was planned is void, and so is what will answer to what was seen until then: the
        person acts.
        """
        self._player.clear()
        self._newest = None
        self._void_ns = until_ns
