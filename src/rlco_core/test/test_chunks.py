# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Which row acts when, and which chunks may not act."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlco_core.chunks import ChunkPlayer
from rlco_core.types import ActionChunk

DT_NS = 50_000_000
T0 = 10 * DT_NS


def player(grace: int = 0) -> ChunkPlayer:
    return ChunkPlayer(dt=0.05, horizon=8, execute=4, contract_hash="a" * 64, grace=grace)


def chunk(stamp_ns: int = T0) -> ActionChunk:
    rows = np.arange(8, dtype=np.float32)[:, None] * np.ones((1, 7), np.float32)
    return ActionChunk(stamp_ns, 0.05, rows, "a" * 64)


def playing(grace: int = 0) -> ChunkPlayer:
    made = player(grace)
    assert made.accept(chunk(), T0).accepted
    return made


def test_rows_act_at_their_time() -> None:
    made = playing()
    for row in range(4):
        for offset in (0, 1, DT_NS - 1):
            action = made.at(T0 + row * DT_NS + offset)
            assert action is not None
            assert action[0] == row
    assert made.at(T0 - 1) is None
    assert made.at(T0 + 4 * DT_NS) is None


def test_grace_lets_one_more_row_act() -> None:
    made = playing(grace=1)
    assert made.at(T0 + 4 * DT_NS) is not None
    assert made.at(T0 + 5 * DT_NS) is None


def test_rows_that_passed_while_thinking_are_skipped() -> None:
    made = player()
    assert made.accept(chunk(), T0 + 2 * DT_NS).accepted
    action = made.at(T0 + 2 * DT_NS)
    assert action is not None
    assert action[0] == 2


def test_clear_forgets() -> None:
    made = playing()
    made.clear()
    assert made.at(T0) is None
    assert made.stamp_ns == -1


NAN = np.full((8, 7), 0.0, np.float32)
NAN[3, 2] = np.nan


@pytest.mark.parametrize(
    ("foul", "limit", "reason"),
    [
        (replace(chunk(), contract_hash="b" * 64), "contract", "bbbbbbbbbbbb"),
        (replace(chunk(), actions=np.zeros((7, 7), np.float32)), "shape", "(7, 7), not (8, 7)"),
        (replace(chunk(), dt=0.1), "dt", "0.1 s, not 0.05 s"),
        (replace(chunk(), actions=NAN), "finite", "row 3, dz"),
        (replace(chunk(), stamp_ns=T0 + 1), "future", "ahead of the clock"),
        (replace(chunk(), stamp_ns=T0 - 5 * DT_NS), "stale", "0.250 s old"),
        (replace(chunk(), stamp_ns=T0 - DT_NS), "order", "older than the one that is playing"),
    ],
)
def test_foul_chunks_are_named_and_the_old_one_plays_on(
    foul: ActionChunk, limit: str, reason: str
) -> None:
    made = playing()
    verdict = made.accept(foul, T0)
    assert (verdict.accepted, verdict.limit) == (False, limit)
    assert reason in verdict.reason
    assert made.at(T0) is not None


def test_chunks_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        chunk().actions[0, 0] = 1.0
