# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Chunks as messages: nothing is lost, and what is misshapen is left to the player's judgement."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from builtin_interfaces.msg import Time

from rlco_core.chunks import ChunkPlayer
from rlco_core.stamps import set_stamp
from rlco_core.types import ActionChunk as Chunk
from rlco_interfaces.msg import ActionChunk
from rlco_ros.chunks import chunk_from_message, chunk_to_message

STAMP = 3_050_000_000


def chunk_message(count: int = 56, **changes: Any) -> ActionChunk:
    values = {"episode": 7, "dt": 0.05, "horizon": 8, "contract_hash": "a" * 64, **changes}
    message = ActionChunk(**values)
    message.actions = np.arange(count, dtype=np.float32)
    message.header.stamp = set_stamp(Time(), STAMP)
    return message


def test_chunks_are_rows_of_seven() -> None:
    chunk = chunk_from_message(chunk_message())
    assert chunk.actions.shape == (8, 7)
    assert chunk.actions[1].tolist() == list(range(7, 14))
    assert (chunk.stamp_ns, chunk.dt, chunk.episode) == (STAMP, 0.05, 7)
    assert chunk.contract_hash == "a" * 64


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        (chunk_message(55), "shape"),
        (chunk_message(0), "shape"),
        (chunk_message(horizon=7), "shape"),
        (chunk_message(49, horizon=7), "shape"),
        (chunk_message(dt=0.1), "dt"),
        (chunk_message(dt=float("nan")), "dt"),
        (chunk_message(dt=float("inf")), "dt"),
        (chunk_message(contract_hash=""), "contract"),
    ],
    ids=["odd", "empty", "lie", "short", "dt", "nan-dt", "inf-dt", "contract"],
)
def test_misshapen_chunks_reach_the_player_which_refuses_them(
    message: ActionChunk, limit: str
) -> None:
    player = ChunkPlayer(dt=0.05, horizon=8, execute=4, contract_hash="a" * 64)
    verdict = player.accept(chunk_from_message(message), STAMP)
    assert (verdict.accepted, verdict.limit) == (False, limit)
    assert player.at(STAMP) is None


@pytest.mark.parametrize("by_person", [False, True])
def test_a_chunk_comes_back_as_it_was_sent(by_person: bool) -> None:
    actions = np.linspace(-1.0, 1.0, 56, dtype=np.float32).reshape(8, 7)
    message = chunk_to_message(Chunk(STAMP, 0.05, actions, "hash", 9, by_person), "panda_link0")
    assert message.header.frame_id == "panda_link0"
    back = chunk_from_message(message)
    assert (back.stamp_ns, back.dt, back.episode) == (STAMP, 0.05, 9)
    assert (back.contract_hash, back.by_person) == ("hash", by_person)
    np.testing.assert_array_equal(back.actions, actions)
