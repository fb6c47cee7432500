# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Episodes in one process: what the policy sees, what is commanded, how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from stub_policies import Bend, ExpertPolicy, ScriptedPolicy

from rlco_core.chunks import ChunkPlayer
from rlco_core.contract import Contract
from rlco_core.robot import RobotConfig
from rlco_sim.domain import Domain
from rlco_sim.session import Session
from rlco_trainer.demonstrations.demonstrate import Demonstration
from rlco_trainer.evaluation.rollout import Roller, Trace, all_latencies, replay

SEED = 7
PANDA, TWIN = RobotConfig.load("panda"), Domain.load("twin")
Roll = Callable[[ScriptedPolicy], Roller]


@pytest.fixture
def roll() -> Roll:
    """A roller of a policy in the twin."""
    return lambda policy: Roller(policy, Session("push_cube", TWIN, PANDA))


def cubes(session: Session) -> np.ndarray:
    """(3, 3) m, where the cubes are."""
    return np.stack([session.task.cube_position(c) for c in ("red", "green", "blue")])


def test_an_experts_actions_end_where_the_expert_did(
    roll: Roll, contract: Contract, demonstration: Demonstration
) -> None:
    """Demonstrations and episodes mean the same by an action, to the bit."""
    policy = ScriptedPolicy(contract, demonstration.actions)
    trace = roll(policy).run(SEED)
    assert (trace.success, trace.stop_reason) == (True, "success")
    assert trace.steps == len(demonstration.actions)
    assert trace.instruction == demonstration.instruction
    assert trace.commands.shape == (trace.steps, 7)
    assert trace.fingers.shape == (trace.steps,)
    seen = policy.seen
    states = np.stack([observation.proprioception for observation in seen])
    images = np.stack([observation.images["front"] for observation in seen])
    assert (states == demonstration.states[::4]).all()
    assert (images == demonstration.images[::4]).all()
    assert {observation.instruction for observation in seen} == {demonstration.instruction}


def test_every_decision_is_asked_once_and_timed_once(
    roll: Roll, contract: Contract, demonstration: Demonstration
) -> None:
    policy = ScriptedPolicy(contract, demonstration.actions)
    trace = roll(policy).run(SEED)
    decisions = -(-trace.steps // contract.action.execute)
    assert len(policy.seen) == len(trace.latency_ms) == decisions
    assert min(trace.latency_ms) > 0.0
    stamps = [observation.stamp_ns for observation in policy.seen]
    assert set(np.diff(stamps)) == {4 * 50_000_000}


def test_a_policy_that_stands_still_runs_into_the_step_limit(
    roll: Roll, contract: Contract
) -> None:
    trace = roll(ScriptedPolicy(contract)).run(SEED, max_steps=10)
    assert (trace.success, trace.steps, trace.stop_reason) == (False, 10, "step_limit")
    assert np.ptp(trace.commands, axis=0).max() < 0.01
    assert np.unique(trace.fingers) == pytest.approx([0.02])
    assert len(trace.latency_ms) == 3


def test_the_tasks_own_limit_holds_where_none_is_given(roll: Roll, contract: Contract) -> None:
    assert roll(ScriptedPolicy(contract)).run(SEED).steps == 120


@pytest.mark.parametrize(
    ("bend", "reason"),
    [
        (lambda c: replace(c, actions=np.full_like(c.actions, np.nan)), "chunk_rejected"),
        (lambda c: replace(c, contract_hash="0" * 64), "chunk_rejected"),
        (lambda c: replace(c, actions=c.actions[:5]), "chunk_rejected"),
        (lambda c: replace(c, actions=c.actions + np.float32(0.2)), "limit"),
        (lambda c: replace(c, stamp_ns=c.stamp_ns - 10**9), "chunk_timeout"),
        (lambda c: replace(c, stamp_ns=c.stamp_ns + 10**9), "chunk_timeout"),
        (lambda c: replace(c, episode=3), "chunk_timeout"),
    ],
    ids=["nan", "contract", "shape", "fast", "late", "early", "episode"],
)
def test_a_foul_policy_ends_its_episode_and_moves_nothing(
    roll: Roll, contract: Contract, bend: Bend, reason: str
) -> None:
    roller = roll(ScriptedPolicy(contract, bend=bend))
    trace = roller.run(SEED)
    assert (trace.success, trace.steps, trace.stop_reason) == (False, 0, reason)
    assert len(trace.commands) == len(trace.fingers) == len(trace.latency_ms) == 0
    assert len(list(replay(roller._session, trace, 32, 24))) == 1


def test_one_episode_leaves_nothing_to_the_next(
    roll: Roll, contract: Contract, demonstration: Demonstration
) -> None:
    policy = ScriptedPolicy(contract, demonstration.actions)
    roller = roll(policy)
    first = roller.run(SEED)
    roller.run(SEED + 1, max_steps=6)
    policy.seen.clear()
    again = roller.run(SEED)
    assert (again.commands == first.commands).all()
    assert (again.success, again.steps) == (first.success, first.steps)


def test_the_episode_is_judged_by_the_instruction_that_was_given(
    roll: Roll, contract: Contract, demonstration: Demonstration
) -> None:
    other = {"red": "green", "green": "blue", "blue": "red"}[demonstration.subject]
    instruction = f"push the {other} cube"
    wrong = roll(ScriptedPolicy(contract, demonstration.actions)).run(SEED, instruction)
    assert (wrong.instruction, wrong.success) == (instruction, False)
    policy = ExpertPolicy(contract)
    policy.roller = roll(policy)
    right = policy.roller.run(SEED, instruction)
    assert (right.instruction, right.success) == (instruction, True)
    assert {observation.instruction for observation in policy.seen} == {instruction}


def test_a_replay_ends_as_the_episode_did_to_the_bit(
    roll: Roll, contract: Contract, demonstration: Demonstration
) -> None:
    roller = roll(ScriptedPolicy(contract, demonstration.actions))
    trace = roller.run(SEED)
    session = Session("push_cube", TWIN, PANDA)
    session.reset(99)
    frames = list(replay(session, trace, 32, 24, every=10))
    assert (cubes(session) == cubes(roller._session)).all()
    assert (session.motor_positions == roller._session.motor_positions).all()
    assert session.success()
    assert len(frames) == 1 + -(-trace.steps // 10)
    assert all(frame.shape == (24, 32, 3) for frame in frames)
    session.close()


def test_the_player_plays_as_many_rows_as_the_contract_says(contract: Contract) -> None:
    action = contract.action.model_copy(update={"execute": 3})
    short = contract.model_copy(update={"action": action})
    policy = ScriptedPolicy(short)
    session = Session("push_cube", TWIN, PANDA)
    chunk, player = policy.infer(session.observation()), ChunkPlayer.of(short, lockstep=True)
    assert player.accept(chunk, chunk.stamp_ns).accepted
    acting = [player.at(chunk.stamp_ns + row * 50_000_000) is not None for row in range(5)]
    assert acting == [True, True, True, False, False]
    session.close()


def test_latencies_of_all_episodes_are_put_together() -> None:
    nothing = np.zeros((0, 7))
    traces = [
        Trace(seed, "", True, 0, "success", nothing, nothing[:, 0], latencies)
        for seed, latencies in enumerate([(1.0, 2.0), (), (3.0,)])
    ]
    assert all_latencies(traces) == [1.0, 2.0, 3.0]
