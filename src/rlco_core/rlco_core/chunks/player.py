# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Plays action chunks: which may act at all, and what acts now."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rlco_core.chunks.asynchronous import Asynchronous
from rlco_core.chunks.execution import Execution
from rlco_core.chunks.terms import Terms
from rlco_core.contract import Contract
from rlco_core.stamps import NS_PER_S
from rlco_core.types import ACTION_COLUMNS, ActionChunk, Verdict


class ChunkPlayer:
    """Takes the chunks that are sound and in time, and answers what acts at a given time.

    Args:
        dt: control period, s.
        horizon: rows of a chunk.
        execute: rows that act before the next chunk is due.
        grace: further rows that may act while a late chunk is awaited.
        contract_hash: the contract that chunks must have been made under.
        execution: makes what decides which rows act when.
    """

    def __init__(
        self,
        *,
        dt: float,
        horizon: int,
        execute: int,
        contract_hash: str,
        grace: int = 0,
        execution: Callable[[Terms], Execution] = Asynchronous,
    ) -> None:
        self._dt = dt
        self._shape = (horizon, len(ACTION_COLUMNS))
        self._contract_hash = contract_hash
        self._execution = execution(Terms(dt, execute, min(execute + grace, horizon)))
        self._newest: ActionChunk | None = None

    @classmethod
    def of(
        cls,
        contract: Contract,
        lockstep: bool,
        execution: Callable[[Terms], Execution] = Asynchronous,
    ) -> ChunkPlayer:
        """What plays chunks of ``contract``. In real time all that is left of a chunk may act until
        the next one comes; in lock-step, where the next one is waited for, as much as is executed.
        """
        action = contract.action
        return cls(
            dt=action.dt,
            horizon=action.horizon,
            execute=action.execute,
            contract_hash=contract.sha256(),
            grace=0 if lockstep else action.horizon - action.execute,
            execution=execution,
        )

    def clear(self) -> None:
        """Forgets all chunks: nothing acts until the next one comes."""
        self._newest = None
        self._execution.clear()

    def accept(self, chunk: ActionChunk, now_ns: int) -> Verdict:
        """Takes ``chunk`` if it is sound, or says why not and keeps what it had."""
        verdict = self._judge(chunk, now_ns)
        if verdict.accepted:
            if chunk.by_person != self.by_person:
                self._execution.clear()  # what people do is not mixed with what a policy does
            self._execution.put(chunk, now_ns)
            self._newest = chunk
        return verdict

    @property
    def stamp_ns(self) -> int:
        """Time of the observation that the newest chunk answers; -1 without one."""
        return self._newest.stamp_ns if self._newest else -1

    @property
    def by_person(self) -> bool:
        """Whether a person's hands made the newest chunk."""
        return self._newest is not None and self._newest.by_person

    def at(self, now_ns: int) -> NDArray[np.float32] | None:
        """The (7,) action that acts at ``now_ns``, or None where there is none."""
        return self._execution.at(now_ns)

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
        if not abs(chunk.dt - self._dt) * NS_PER_S < 1.0:
            return _refused("dt", f"chunk has dt {chunk.dt} s, not {self._dt} s")
        if not np.isfinite(chunk.actions).all():
            row, column = np.argwhere(~np.isfinite(chunk.actions))[0]
            return _refused("finite", f"row {row}, {ACTION_COLUMNS[column]} is not finite")
        if chunk.stamp_ns > now_ns:
            ahead = (chunk.stamp_ns - now_ns) / NS_PER_S
            return _refused("future", f"chunk is stamped {ahead:.3f} s ahead of the clock")
        return self._execution.judge(chunk, now_ns)


def _refused(limit: str, reason: str) -> Verdict:
    return Verdict(False, limit, reason)
