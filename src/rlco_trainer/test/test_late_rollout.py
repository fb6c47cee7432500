# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Episodes whose policy takes its time: what acts, when nothing does, and how it looks."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from rlco_core.contract import Contract
from rlco_core.robot import RobotConfig
from rlco_core.types import ActionChunk, Observation
from rlco_policy.timing import AT_ONCE, Timing
from rlco_sim.domain import Domain
from rlco_sim.session import DT_NS, Session
from rlco_trainer.bench.policy.execution import WAYS, late_roller
from rlco_trainer.evaluation.late_rollout import Thinker
from rlco_trainer.evaluation.late_trace import LateTrace

PANDA, TWIN = RobotConfig.load("panda"), Domain.load("twin")
MS, STEPS = 1_000_000, 40


class Upwards:
    """Goes up at 2 cm/s, whatever it sees; ``seen`` is what it saw."""

    def __init__(self, contract: Contract) -> None:
        self.contract, self.contract_hash = contract, contract.sha256()
        self.seen: list[Observation] = []

    def infer(self, observation: Observation) -> ActionChunk:
        self.seen.append(observation)
        rows = np.tile(np.array([0, 0, 0.001, 0, 0, 0, 0.5], np.float32), (8, 1))
        return ActionChunk(observation.stamp_ns, 0.05, rows, self.contract_hash)


def roll(contract: Contract, way: str, late: float) -> tuple[LateTrace, Upwards]:
    policy = Upwards(contract)
    session = Session("push_cube", TWIN, PANDA)
    return late_roller(policy, session, WAYS[way], late).run(7, STEPS), policy


def periods(policy: Upwards) -> list[int]:
    stamps = [seen.stamp_ns for seen in policy.seen]
    return sorted({(b - a) // DT_NS for a, b in pairwise(stamps)})


@pytest.mark.parametrize("way", ["asynchronous", "ensembling", "blending"])
@pytest.mark.parametrize("late", [0.01, 0.3])
def test_motion_does_not_wait_for_a_slow_policy_but_slows_down(
    contract: Contract, way: str, late: float
) -> None:
    trace, _ = roll(contract, way, late)
    assert (trace.success, trace.stop_reason) == (False, "step_limit")
    assert (trace.starved_s, trace.standing_s) == (0.0, 0.0)
    assert len(trace.moves) == STEPS
    assert trace.seam_jerks().max() < 1.0, "all chunks are alike"
    # From an observation to the answer after the next one 250 ms of motion are to suffice.
    assert trace.speeds[30:] == pytest.approx(min(1.0, 0.25 / (2.0 * late)), rel=0.12)


def test_who_waits_stands_and_goes_on(contract: Contract) -> None:
    trace, policy = roll(contract, "synchronous", 0.3)
    assert trace.stop_reason == "step_limit"
    # 4 periods of motion; the next image; 300 ms.
    assert set(periods(policy)) <= {11, 12}
    assert trace.starved_s == pytest.approx(9 * 7 * 0.05, abs=0.1)
    assert 0.5 * trace.starved_s < trace.standing_s < trace.starved_s
    assert (trace.speeds == 1.0).all()


def test_at_full_speed_a_chunk_that_is_shorter_than_two_answers_leaves_gaps(
    contract: Contract,
) -> None:
    trace, policy = roll(contract, "full_speed", 0.3)
    assert periods(policy) == [6]
    # The first chunk acts from its first row on, the others for two rows.
    assert trace.starved_s == pytest.approx(0.05 * 4 * 16, abs=0.2)


def test_answers_that_are_always_too_old_end_it(contract: Contract) -> None:
    trace, _ = roll(contract, "full_speed", 0.4)
    assert trace.stop_reason == "chunk_timeout"
    assert len(trace.moves) == 8, "the first one, for which the arm stood"


def test_a_policy_sees_what_was_commanded_and_has_not_happened_yet(contract: Contract) -> None:
    _, policy = roll(contract, "asynchronous", 0.1)
    pending = np.array([seen.proprioception[10:13] for seen in policy.seen])
    assert np.abs(pending[0]).max() < 1e-4
    assert np.median(pending[2:, 2]) > 3e-4


def test_equal_seeds_are_equal_episodes(contract: Contract) -> None:
    first, second = (roll(contract, "blending", 0.2)[0] for _ in range(2))
    assert (first.moves == second.moves).all()
    assert (first.seconds, first.seams) == (second.seconds, second.seams)


def test_a_thinker_begins_anew_when_it_is_through(contract: Contract) -> None:
    policy = Upwards(contract)
    thinker = Thinker(policy, 120 * MS, AT_ONCE)
    seen = [
        ms
        for ms in range(0, 400, 50)
        if thinker.attends(ms * MS)
        and thinker.see(Observation(ms * MS, {}, np.zeros(17, np.float32), "up")) is None
    ]
    # What it sees while it is busy is old by the rest of its thought.
    assert seen == [0, 100, 200, 350]
    ready = [answer[1] // MS for _ in seen if (answer := thinker.answer(10**12)) is not None]
    assert ready == [120, 240, 360, 480]
    assert thinker.answer(10**12) is None


def test_a_thinker_rests_from_its_answer_on(contract: Contract) -> None:
    thinker = Thinker(Upwards(contract), 300 * MS, Timing(rest_ns=225 * MS))
    thinker.see(Observation(0, {}, np.zeros(17, np.float32), "up"))
    assert not thinker.attends(500 * MS)
    assert thinker.attends(550 * MS)
    assert thinker.answer(299 * MS) is None


def test_jerk_at_seams_is_that_of_the_commanded_end_effector() -> None:
    moves = np.zeros((6, 3))
    moves[3:, 0] = 0.001
    trace = LateTrace(True, "success", 0.3, 0.0, 0.0, moves, np.ones(6), (3,))
    assert trace.seam_jerks() == pytest.approx([0.001 / 0.05**3])
    slow = replace(trace, speeds=np.full(6, 0.5))
    assert slow.seam_jerks() == pytest.approx([0.001 / 0.1**3])
    assert len(replace(trace, seams=()).seam_jerks()) == 0
