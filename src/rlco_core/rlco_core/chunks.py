# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Plays action chunks: which row acts now, and which chunks may not act at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlco_core.types import ACCEPTED, ACTION_COLUMNS, ActionChunk, Verdict

_NS = 1_000_000_000


class ChunkPlayer:
    """Holds the newest chunk and answers which of its rows acts at a given time.

    A row acts at the time that it was planned for: rows that passed while the policy was
    still thinking are skipped, never played late.

    Args:
        dt: control period, s.
        horizon: rows of a chunk.
        execute: rows that act before the next chunk is due.
        grace: further rows that may act while a late chunk is awaited.
        contract_hash: the contract that chunks must have been made under.
    """

    def __init__(
        self, *, dt: float, horizon: int, execute: int, contract_hash: str, grace: int = 0
    ) -> None:
        self._dt = dt
        self._dt_ns = round(dt * _NS)
        self._shape = (horizon, len(ACTION_COLUMNS))
        self._last_row = min(execute + grace, horizon) - 1
        self._contract_hash = contract_hash
        self._chunk: ActionChunk | None = None

    def clear(self) -> None:
        """Forgets the chunk: nothing acts until the next one comes."""
        self._chunk = None

    def accept(self, chunk: ActionChunk, now_ns: int) -> Verdict:
        """Takes ``chunk`` if it is sound, or says why not and keeps what it had."""
        verdict = self._judge(chunk, now_ns)
        if verdict.accepted:
            self._chunk = chunk
        return verdict

    @property
    def stamp_ns(self) -> int:
        """Time of the observation that the playing chunk answers; -1 without one."""
        return self._chunk.stamp_ns if self._chunk else -1

    @property
    def by_person(self) -> bool:
        """Whether a person's hands made the playing chunk."""
        return self._chunk is not None and self._chunk.by_person

    def at(self, now_ns: int) -> NDArray[np.float32] | None:
        """The (7,) action that acts at ``now_ns``, or None where no chunk covers it."""
        if self._chunk is None:
            return None
        row = (now_ns - self._chunk.stamp_ns) // self._dt_ns
        return self._chunk.actions[row] if 0 <= row <= self._last_row else None

    def _judge(self, chunk: ActionChunk, now_ns: int) -> Verdict:
        if chunk.contract_hash != self._contract_hash:
            return _refused(
                "contract",
                f"chunk is of contract {chunk.contract_hash[:12] or '(none)'}, "
                f"the bridge plays {self._contract_hash[:12]}",
            )
        if chunk.actions.shape != self._shape:
            return _refused("shape", f"chunk is {chunk.actions.shape}, not {self._shape}")
        # In this form NaN and infinity, which cannot be rounded, are refused as well.
        if not abs(chunk.dt - self._dt) * _NS < 1.0:
            return _refused("dt", f"chunk has dt {chunk.dt} s, not {self._dt} s")
        if not np.isfinite(chunk.actions).all():
            row, column = np.argwhere(~np.isfinite(chunk.actions))[0]
            return _refused("finite", f"row {row}, {ACTION_COLUMNS[column]} is not finite")
        return self._judge_time(chunk, now_ns)

    def _judge_time(self, chunk: ActionChunk, now_ns: int) -> Verdict:
        if chunk.stamp_ns > now_ns:
            ahead = (chunk.stamp_ns - now_ns) / _NS
            return _refused("future", f"chunk is stamped {ahead:.3f} s ahead of the clock")
        age = (now_ns - chunk.stamp_ns) / _NS
        if now_ns - chunk.stamp_ns > self._last_row * self._dt_ns:
            limit = self._last_row * self._dt
            return _refused(
                "stale", f"chunk is {age:.3f} s old; the oldest of use is {limit:.3f} s"
            )
        if self._chunk is not None and chunk.stamp_ns < self._chunk.stamp_ns:
            return _refused("order", "chunk is older than the one that is playing")
        return ACCEPTED


def _refused(limit: str, reason: str) -> Verdict:
    return Verdict(False, limit, reason)
