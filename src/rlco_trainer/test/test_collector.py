# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Rollouts from the real simulation: nothing of them depends on luck, and every row is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlco_sim.env import RlcoEnv
from rlco_sim.truth import truth
from rlco_sim.vector import VectorEnv
from rlco_trainer.learning import collector as collecting
from rlco_trainer.learning.collector import Collector, Ended, Rollout
from rlco_trainer.policies.policy import Before, Sample, Seen
from rlco_trainer.policies.policy_file import load_policy

ENV: dict[str, Any] = {
    "task": "push_cube", "domain": "twin", "robot": "panda", "reward": "milestone", "execute": 4,
}  # fmt: skip
FIRST, SECOND = 7, 51  # episodes of the two environments
STILL = np.array([[0.0] * 6 + [0.5]] * 4, np.float32)
Chunk = NDArray[np.float32]


@pytest.fixture(scope="module")
def grouped() -> Iterator[Collector]:
    """Three environments in two processes."""
    with Collector(ENV, envs=3, decisions=4, groups=2, seed=0) as made:
        yield made


@pytest.fixture(scope="module")
def two() -> Iterator[Collector]:
    """Two environments in one process."""
    with Collector(ENV, envs=2, decisions=4, groups=1, seed=0) as made:
        yield made


@pytest.fixture(scope="module")
def alone() -> Iterator[RlcoEnv]:
    """One environment to hold rollouts against."""
    env = RlcoEnv(**ENV)
    yield env
    env.close()


class Scripted:
    """Plays what it is told, decision by decision; a value tells one observation from another."""

    execute, device = 4, torch.device("cpu")

    def __init__(self, *scripts: Sequence[Chunk]) -> None:
        self._scripts, self._decisions = scripts, 0
        self.before: list[Before | None] = []

    def see(self, image: Tensor, state: Tensor, words: Tensor, mask: Tensor) -> Seen:
        return Seen(image.float().mean((1, 2, 3))[:, None, None], state)

    def values(self, seen: Seen) -> Tensor:
        return seen.context.flatten() + seen.state.sum(-1)

    def counted(self, played: Tensor) -> Tensor:
        return played

    def sample(self, seen: Seen, rng: torch.Generator, before: Before | None = None) -> Sample:
        self.before.append(before)
        at, none = self._decisions, torch.zeros(len(seen.state), 4, 7)
        self._decisions += 1
        rows = [script[at] if at < len(script) else STILL for script in self._scripts]
        actions = torch.from_numpy(np.stack(rows))
        return Sample(actions, {"number": none[:, 0, 0] + at}, none, self.values(seen))


def rollout_of(two: Collector, decisions: int, *scripts: Sequence[Chunk]) -> Rollout:
    two._decisions = decisions
    return two.collect(Scripted(*scripts), 0)  # type: ignore[arg-type]


def test_a_rollout_is_as_long_as_the_longest_episode_unless_told() -> None:
    env = {**ENV, "domain": "stand_in_dev"}
    with Collector(env, envs=1, decisions=0, groups=1, seed=0) as made:
        rollout = made.collect(Scripted([]), 0)  # type: ignore[arg-type]
    # A takt of 2.8 s, decisions of 4 periods of 0.05 s.
    assert len(rollout.ended) == 14


@pytest.fixture
def known_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment i begins with the episodes FIRST or SECOND, then goes on one by one."""

    def seed(group: Any, index: int) -> int:
        return (FIRST, SECOND)[index] + int(group._begun[index])

    monkeypatch.setattr(collecting._Group, "_episode_seed", seed)


def test_a_policy_is_told_of_the_decision_before_and_where_there_was_none(
    two: Collector, known_seeds: None
) -> None:
    script = Scripted([STILL, refused(0)], [])
    two._decisions = 4
    two.collect(script, 0)  # type: ignore[arg-type]
    first, *later = script.before
    assert first is None
    told = [before for before in later if before is not None]
    assert [before.trace["number"].tolist() for before in told] == [[0, 0], [1, 1], [2, 2]]
    assert [before.fresh.tolist() for before in told] == [
        [False, False],
        [True, False],
        [False, False],
    ]


def value_of(observation: Mapping[str, Any]) -> float:
    state = torch.tensor(observation["proprioception"])[None]
    image = torch.tensor(observation["image"])[None]
    script = Scripted()
    return script.values(script.see(image, state, state, state)).item()


def expert(env: RlcoEnv, seed: int) -> list[Chunk]:
    """What leads to success in that episode."""
    env.reset(seed=seed)
    rows: list[Chunk] = []
    while not env.session.success():
        rows.append(env.session.task.expert(env.path.target, env.session.gripper_opening))
        env.step(rows[-1][None])
    padded = [*rows, *[STILL[0]] * (-len(rows) % 4)]
    return list(np.array(padded, np.float32).reshape(-1, 4, 7))


def refused(row: int) -> Chunk:
    """Too fast from ``row`` on, and a small move before."""
    chunk = STILL.copy()
    chunk[:row, 2] = 0.005
    chunk[row:, 0] = 1.0
    return chunk


def same(one: Rollout, other: Rollout) -> bool:
    def equal(a: Any, b: Any) -> bool:
        if isinstance(a, Mapping):
            return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
        return torch.equal(a, b) if isinstance(a, Tensor) else a == b

    return all(equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Rollout))


@pytest.mark.parametrize("family", ["token", "flow"])
def test_a_rollout_is_the_same_whatever_the_timing(
    grouped: Collector,
    policy_files: Mapping[str, Path],
    family: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy = load_policy(policy_files[family])[0]
    first, other = grouped.collect(policy, 0), grouped.collect(policy, 1)
    assert not same(first, other)
    assert first.log_prob.shape[:3] == (4, 3, 4)
    assert (first.state[0] != other.state[0]).any(), "other episodes"
    go = VectorEnv.step_async

    def go_and_wait(vector: VectorEnv, actions: Chunk) -> None:
        """The physics is always quicker than the policy."""
        go(vector, actions)
        for worker in vector._workers:
            assert worker._pipe.poll(60.0)

    monkeypatch.setattr(VectorEnv, "step_async", go_and_wait)
    assert same(grouped.collect(policy, 0), first)


def test_what_was_sampled_is_what_is_scored(
    grouped: Collector, policy_files: Mapping[str, Path]
) -> None:
    policy = load_policy(policy_files["token"])[0]
    rollout = grouped.collect(policy, 3)
    trace = {key: part.flatten(0, 1) for key, part in rollout.trace.items()}
    judged = policy.evaluate(rollout.seen, trace)
    torch.testing.assert_close(judged.log_prob, rollout.log_prob.flatten(0, 1))
    torch.testing.assert_close(judged.value, rollout.value.flatten())


@pytest.mark.usefixtures("known_seeds")
def test_an_episode_that_succeeds_is_the_one_that_the_environment_plays_alone(
    two: Collector, alone: RlcoEnv
) -> None:
    script = expert(alone, FIRST)
    last = len(script) - 1
    rollout = rollout_of(two, last + 3, [*script, refused(0)], [])
    observation, _ = alone.reset(seed=FIRST)
    total = 0.0
    for t, chunk in enumerate(script):
        assert rollout.value[t, 0].item() == pytest.approx(value_of(observation), rel=1e-6)
        observation, reward, terminated, truncated, info = alone.step(chunk)
        total += reward
        assert rollout.reward[t, 0].item() == pytest.approx(reward)
        assert rollout.terminated[t, 0].item() == terminated
        assert rollout.ended[t, 0].item() == (terminated or truncated)
    steps = info["steps"]
    assert steps % 4, "it ends within a chunk"
    assert total > 0.0
    # What is paid for one episode is not paid again for the next, which is refused at once.
    assert rollout.episodes == (
        Ended(total, steps, True, False, True),
        Ended(0.0, 0, False, True, False),
    )
    assert rollout.terminated.nonzero().tolist() == [[last, 0], [last + 1, 0]]
    assert rollout.counted[:last].min() == 1.0
    assert rollout.counted[last, 0].tolist() == [float(k < steps % 4) for k in range(4)]
    assert rollout.counted[last, 1].tolist() == [1.0] * 4
    fresh, _ = alone.reset(seed=FIRST + 1)
    assert rollout.value[last + 1, 0].item() == pytest.approx(value_of(fresh), rel=1e-6)
    assert rollout.state[last + 1, 0].numpy() == pytest.approx(fresh["proprioception"])
    known = truth(alone.session, alone._reward.reached)
    assert rollout.truth[last + 1, 0].numpy() == pytest.approx(known)


@pytest.mark.usefixtures("known_seeds")
@pytest.mark.parametrize("row", [0, 2])
def test_what_is_refused_is_to_blame_and_ends_an_episode_for_good(
    two: Collector, alone: RlcoEnv, row: int
) -> None:
    script = [refused(4), refused(row)]
    rollout = rollout_of(two, 4, script, [])
    alone.reset(seed=FIRST)
    alone.step(script[0])
    _, _, terminated, truncated, info = alone.step(script[1])
    assert (terminated, truncated, info["accepted"], info["steps"]) == (False, True, False, 4 + row)
    assert rollout.next_value[1, 0].item() == 0.0
    assert rollout.counted[1, 0].tolist() == [float(k <= row) for k in range(4)]
    assert rollout.ended[1].tolist() == rollout.terminated[1].tolist() == [True, False]
    assert rollout.terminated.sum() == 1
    assert rollout.episodes == (Ended(0.0, 4 + row, False, True, True),)


@pytest.mark.usefixtures("known_seeds")
def test_where_an_episode_goes_on_the_next_value_is_the_next_decisions(two: Collector) -> None:
    rollout = rollout_of(two, 4, [refused(4)] * 4, [])
    assert torch.equal(rollout.next_value[:-1], rollout.value[1:])
    assert (rollout.next_value[-1, 0] != rollout.value[-1, 0]).all(), "it still moved"
    assert rollout.ended.tolist() == [[False, False]] * 3 + [[True, True]]
    assert not rollout.terminated.any()
    assert rollout.episodes == (), "what is cut off by the end has not ended"


@pytest.mark.usefixtures("known_seeds")
def test_a_reset_of_one_does_not_disturb_the_other(two: Collector) -> None:
    quiet = rollout_of(two, 6, [], [refused(4)] * 6)
    often = rollout_of(two, 6, [refused(k % 3) for k in range(6)], [refused(4)] * 6)
    assert len(often.episodes) == 6
    for name in ("context", "state", "counted", "value", "next_value", "reward", "ended"):
        one, other = getattr(quiet, name), getattr(often, name)
        assert torch.equal(one[:, 1], other[:, 1]), name
    assert not torch.equal(quiet.value[:, 0], often.value[:, 0])


@pytest.mark.usefixtures("known_seeds")
def test_an_episode_whose_time_is_over_is_worth_what_was_seen_last(
    two: Collector, alone: RlcoEnv
) -> None:
    rollout = rollout_of(two, 31, [], [])
    alone.reset(seed=FIRST)
    for _ in range(30):
        seen, _, terminated, truncated, _ = alone.step(STILL)
    assert (terminated, truncated) == (False, True)
    assert rollout.next_value[29, 0].item() == pytest.approx(value_of(seen), rel=1e-6)
    assert rollout.next_value[29, 0] != rollout.value[30, 0], "that is of the next episode"
    assert not rollout.terminated.any()
    assert rollout.episodes == (Ended(0.0, 120, False, False, True),) * 2
    assert rollout.ended.nonzero()[:, 0].tolist() == [29, 29, 30, 30]
    assert rollout.counted.min() == 1.0
