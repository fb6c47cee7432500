# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How chunks are executed: what acts when, and what never does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlco_core.chunks import EXECUTIONS, ChunkPlayer
from rlco_core.chunks.blending import held
from rlco_core.types import ActionChunk

DT_NS = 50_000_000
T0 = 10 * DT_NS
HORIZON, EXECUTE = 8, 4
PLANNED, NUMBER = 0, 6  # columns that tell where a row comes from


def player(execution: str, grace: int = HORIZON - EXECUTE) -> ChunkPlayer:
    return ChunkPlayer(
        dt=0.05,
        horizon=HORIZON,
        execute=EXECUTE,
        contract_hash="a" * 64,
        grace=grace,
        execution=EXECUTIONS[execution],
    )


def chunk(stamp_ns: int, value: float = 0.0, number: int = 0) -> ActionChunk:
    """Rows that tell the second that they were planned for, after T0, and the chunk's number."""
    rows = np.full((HORIZON, 7), value, np.float32)
    rows[:, PLANNED] = (stamp_ns - T0 + np.arange(HORIZON) * DT_NS) / 1e9
    rows[:, NUMBER] = number
    return ActionChunk(stamp_ns, 0.05, rows, "a" * 64)


def value(made: ChunkPlayer, now_ns: int) -> float:
    action = made.at(now_ns)
    assert action is not None
    return float(action[1])


def test_synchronous_rows_begin_when_their_chunk_comes() -> None:
    made = player("synchronous")
    assert made.accept(chunk(T0), T0 + 6 * DT_NS + 1).accepted
    assert made.at(T0 + 6 * DT_NS) is None
    for row in range(EXECUTE):
        action = made.at(T0 + (7 + row) * DT_NS)
        assert action is not None
        assert action[PLANNED] == pytest.approx(0.05 * row)
    assert made.at(T0 + 11 * DT_NS) is None


def test_synchronous_waits_for_the_answer_to_what_is_seen_after_the_last_row() -> None:
    made = player("synchronous")
    assert made.accept(chunk(T0), T0 + DT_NS).accepted
    early = made.accept(chunk(T0 + 4 * DT_NS), T0 + 5 * DT_NS)
    assert (early.accepted, early.limit) == (False, "order")
    assert "0.050 s before the rows that act were over" in early.reason
    assert made.accept(chunk(T0 + 5 * DT_NS), T0 + 20 * DT_NS).accepted


def test_a_person_need_not_wait_for_a_policy_s_rows() -> None:
    made = player("synchronous")
    assert made.accept(chunk(T0, 1.0), T0).accepted
    assert made.accept(replace(chunk(T0 + 1, 2.0), by_person=True), T0 + DT_NS).accepted
    assert value(made, T0 + DT_NS) == 2.0


def test_ensembling_averages_what_was_planned_for_the_same_instant() -> None:
    made = player("ensembling")
    made.accept(chunk(T0, 1.0), T0)
    assert value(made, T0) == 1.0
    made.accept(chunk(T0 + 2 * DT_NS, 4.0), T0 + 3 * DT_NS)
    weights = np.exp([0.0, -0.01])
    assert value(made, T0 + 3 * DT_NS) == pytest.approx(weights @ [1.0, 4.0] / weights.sum())
    assert value(made, T0 + 9 * DT_NS) == 4.0, "the first one has no row for it"


def test_the_same_observation_answered_twice_weighs_once() -> None:
    made = player("ensembling")
    for _ in range(2):
        made.accept(chunk(T0, 1.0), T0)
    made.accept(chunk(T0 + DT_NS, 3.0), T0 + DT_NS)
    assert value(made, T0 + DT_NS) == pytest.approx(2.0, abs=0.01)


def test_blending_fades_the_new_chunk_in_behind_what_passed_meanwhile() -> None:
    made = player("blending")
    made.accept(chunk(T0, 1.0), T0)
    made.accept(chunk(T0 + 3 * DT_NS, 0.0), T0 + 4 * DT_NS)
    # The plan reaches 5 rows into the new chunk, of which one has passed.
    shares = [value(made, T0 + (3 + row) * DT_NS) for row in range(8)]
    c = np.array([0.8, 0.6, 0.4, 0.2])
    assert shares[1:5] == pytest.approx(c * (np.exp(c) - 1.0) / (np.e - 1.0))
    assert shares[0] == 1.0
    assert shares[5:] == [0.0, 0.0, 0.0]


@given(overlap=st.integers(0, 20), delay=st.integers(0, 25))
def test_what_is_held_falls_from_one_towards_nothing(overlap: int, delay: int) -> None:
    weights = held(overlap, delay)
    assert weights.shape == (overlap,)
    assert (weights[:delay] == 1.0).all()
    assert ((weights > 0.0) & (weights <= 1.0)).all()
    assert (np.diff(weights[delay:]) < 0.0).all()


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_what_a_person_does_is_not_mixed_with_what_a_policy_did(execution: str) -> None:
    made = player(execution)
    made.accept(chunk(T0, 1.0), T0)
    made.accept(replace(chunk(T0 + 4 * DT_NS, 5.0), by_person=True), T0 + 4 * DT_NS)
    assert made.by_person
    assert value(made, T0 + 4 * DT_NS) == 5.0


Arrival = tuple[ActionChunk, int]


@st.composite
def arrivals(draw: st.DrawFn) -> list[Arrival]:
    """Chunks with the times at which they come, in the order in which they come."""
    stamp, came, found = T0, T0, []
    for number in range(draw(st.integers(1, 6))):
        stamp += draw(st.integers(0, 6 * DT_NS))
        came = max(came, stamp + draw(st.integers(0, 9 * DT_NS)))
        found.append((chunk(stamp, draw(st.floats(-1.0, 1.0, width=32)), number), came))
    return found


def instants(found: list[Arrival], number: int) -> Iterator[int]:
    """From one arrival to the next, and until long after the last."""
    begin = found[number][1]
    end = found[number + 1][1] if number + 1 < len(found) else begin + 20 * DT_NS
    yield from range(begin, end, DT_NS // 3)


@pytest.mark.parametrize("execution", EXECUTIONS)
@given(found=arrivals())
def test_no_row_acts_early_or_beyond_its_chunk_and_no_mixture_leaves_what_it_is_of(
    execution: str, found: list[Arrival]
) -> None:
    made, accepted = player(execution), []
    for number, (one, came) in enumerate(found):
        if made.accept(one, came).accepted:
            accepted.append((one, came))
        for now in instants(found, number):
            action = made.at(now)
            if action is None:
                continue
            rows = np.concatenate([each.actions for each, _ in accepted])
            assert (action >= rows.min(axis=0) - 1e-6).all()
            assert (action <= rows.max(axis=0) + 1e-6).all()
            assert action[PLANNED] <= (now - T0) / 1e9 + 1e-6
            newest, since = accepted[-1]
            until = since + EXECUTE * DT_NS, newest.stamp_ns + HORIZON * DT_NS
            assert now < until[execution != "synchronous"]


@pytest.mark.parametrize("execution", EXECUTIONS)
@given(before=arrivals(), after=arrivals())
def test_episodes_are_never_mixed(
    execution: str, before: list[Arrival], after: list[Arrival]
) -> None:
    made = player(execution)
    for one, came in before:
        made.accept(replace(one, actions=np.full_like(one.actions, 9.0)), came)
    made.clear()
    assert made.at(before[-1][1]) is None
    for number, (one, came) in enumerate(after):
        made.accept(one, came)
        for now in instants(after, number):
            action = made.at(now)
            assert action is None or np.abs(action[1:6]).max() <= 1.0


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_prompt_answers_are_played_alike_by_all(execution: str) -> None:
    """Without delay and overlap there is nothing to choose: so it is in training."""
    made = player(execution, grace=0)
    for decision in range(3):
        stamp = T0 + decision * EXECUTE * DT_NS
        assert made.accept(chunk(stamp, 1.0, decision), stamp).accepted
        for row in range(EXECUTE):
            action = made.at(stamp + row * DT_NS)
            assert action is not None
            assert (action[PLANNED], action[NUMBER]) == (chunk(stamp).actions[row, 0], decision)
