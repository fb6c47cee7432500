# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Which row acts when, and which chunks may not act."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        (replace(chunk(), contract_hash=""), "contract", "contract (none), the bridge plays aaaaa"),
        (replace(chunk(), actions=np.zeros((8, 6), np.float32)), "shape", "(8, 6), not (8, 7)"),
        (replace(chunk(), actions=np.zeros(56, np.float32)), "shape", "(56,), not (8, 7)"),
        (replace(chunk(), dt=0.1), "dt", "0.1 s, not 0.05 s"),
        (replace(chunk(), dt=0.0501), "dt", "0.0501 s, not 0.05 s"),
        (replace(chunk(), dt=float("nan")), "dt", "nan s, not 0.05 s"),
        (replace(chunk(), dt=float("inf")), "dt", "inf s, not 0.05 s"),
        (replace(chunk(), actions=NAN), "finite", "row 3, dz"),
        (replace(chunk(), actions=-np.inf * np.ones((8, 7), np.float32)), "finite", "row 0, dx"),
        (replace(chunk(), stamp_ns=T0 + 1), "future", "ahead of the clock"),
        (replace(chunk(), stamp_ns=T0 + DT_NS), "future", "0.050 s ahead of the clock"),
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
    assert made.stamp_ns == T0
    for played in range(4):
        action = made.at(T0 + played * DT_NS)
        assert action is not None
        assert (action == played).all()


def test_before_the_first_chunk_nothing_acts() -> None:
    assert player().at(T0) is None
    assert player().stamp_ns == -1


def test_a_foul_first_chunk_leaves_nothing_to_act() -> None:
    made = player()
    assert not made.accept(replace(chunk(), actions=NAN), T0).accepted
    assert made.at(T0) is None


@pytest.mark.parametrize(("periods", "accepted"), [(0, True), (3, True), (4, False), (7, False)])
def test_a_chunk_is_of_use_as_long_as_a_row_of_it_may_act(periods: int, accepted: bool) -> None:
    made = player()
    verdict = made.accept(chunk(), T0 + periods * DT_NS)
    assert verdict.accepted is accepted
    assert (made.at(T0 + periods * DT_NS) is not None) is accepted
    if not accepted:
        assert verdict.reason.endswith("the oldest of use is 0.150 s")


def test_grace_makes_older_chunks_of_use_but_never_beyond_the_horizon() -> None:
    assert player(grace=1).accept(chunk(), T0 + 4 * DT_NS).accepted
    made = playing(grace=100)
    assert made.at(T0 + 7 * DT_NS) is not None
    assert made.at(T0 + 8 * DT_NS) is None


def test_a_newer_chunk_takes_over_at_once() -> None:
    made = playing()
    newer = replace(chunk(T0 + 2 * DT_NS), actions=chunk().actions + 100.0)
    assert made.accept(newer, T0 + 3 * DT_NS).accepted
    action = made.at(T0 + 3 * DT_NS)
    assert action is not None
    assert action[0] == 101.0
    assert made.at(T0 + DT_NS) is None


def test_the_same_chunk_twice_is_no_fault() -> None:
    made = playing()
    assert made.accept(chunk(), T0 + DT_NS).accepted
    action = made.at(T0 + DT_NS)
    assert action is not None
    assert action[0] == 1


def test_a_cleared_player_takes_an_older_chunk() -> None:
    made = playing()
    made.clear()
    assert made.accept(chunk(T0 - DT_NS), T0).accepted


@given(
    start=st.integers(0, 2**62),
    age=st.integers(0, 10 * DT_NS),
    later=st.integers(0, 10 * DT_NS),
    grace=st.integers(0, 6),
)
def test_whatever_acts_acts_at_the_time_it_was_planned_for(
    start: int, age: int, later: int, grace: int
) -> None:
    made = player(grace)
    accepted = made.accept(chunk(start), start + age).accepted
    assert accepted is (age <= (min(4 + grace, 8) - 1) * DT_NS)
    if accepted:
        assert made.at(start + age) is not None
    action = made.at(start + age + later)
    if action is not None:
        planned = start + int(action[0]) * DT_NS
        assert planned <= start + age + later < planned + DT_NS
        assert action[0] < min(4 + grace, 8)


def test_any_period_of_whole_nanoseconds() -> None:
    dt_ns = 33_333_333
    made = ChunkPlayer(dt=1.0 / 30.0, horizon=8, execute=8, contract_hash="a" * 64)
    assert made.accept(replace(chunk(0), dt=1.0 / 30.0), 0).accepted
    action = made.at(7 * dt_ns)
    assert action is not None
    assert action[0] == 7
