# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A trial of a network says what `rlco eval` says of its bundle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import small
import torch

from rlco_trainer.bundles.export import Deployment, export
from rlco_trainer.demonstrations.demonstrate import Demonstration
from rlco_trainer.evaluation.config import EvalConfig
from rlco_trainer.evaluation.evaluate import evaluate
from rlco_trainer.learning.datasets import Loaded, fit
from rlco_trainer.learning.trial import Outcome, Trial
from rlco_trainer.policies.policy import Policy, Seen
from rlco_trainer.policies.policy_file import BASES, load_policy, save_policy

ENV: dict[str, Any] = {"task": "push_cube", "domain": "twin", "robot": "panda", "execute": 4}
#: The base does not hang by a hair in any of them: rounding alone would decide.
SEEDS = range(5, 9)
PANDA = Deployment("push_cube_panda", "panda", ("push_cube",), "front")


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    """Fewer places than there are episodes, so that the last ones leave a place empty."""
    with Trial(ENV, envs=3, workers=2) as made:
        yield made


@pytest.fixture(scope="module")
def policies(loaded: Loaded, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Policy]:
    """The base that ships, and one that knows nothing and is refused for its speed."""
    reckless = small.new("token")
    fit(reckless, [loaded])
    reckless.scale.farthest.fill_(torch.inf)
    reckless.scale.action_low[:3], reckless.scale.action_high[:3] = -0.02, 0.02
    path = tmp_path_factory.mktemp("policies") / "reckless.safetensors"
    save_policy(reckless, path, {})
    paths = {"flow": BASES["flow"], "token": path}
    return {family: load_policy(one)[0].requires_grad_(False) for family, one in paths.items()}


@pytest.fixture(scope="module")
def outcomes(trial: Trial, policies: Mapping[str, Policy]) -> Mapping[str, tuple[Outcome, ...]]:
    return {family: trial.run(policy, SEEDS) for family, policy in policies.items()}


@pytest.mark.parametrize("family", ["flow", "token"])
def test_it_ends_as_an_evaluation_of_the_bundle_does(
    policies: Mapping[str, Policy],
    outcomes: Mapping[str, tuple[Outcome, ...]],
    family: str,
    tmp_path: Path,
) -> None:
    export(policies[family], tmp_path, PANDA, {})
    config = EvalConfig(bundle=tmp_path, episodes=len(SEEDS), seed=SEEDS[0])
    wanted = [
        Outcome(episode.seed, episode.success, episode.steps, episode.instruction)
        for episode in evaluate(config).result.episodes
    ]
    assert alike(outcomes[family], tuple(wanted))


def test_among_them_are_successes_and_failures_of_several_lengths(
    outcomes: Mapping[str, tuple[Outcome, ...]],
) -> None:
    """Without them, two that agree would say little."""
    assert sum(outcome.success for outcome in outcomes["flow"]) >= 3
    assert not any(outcome.success for outcome in outcomes["token"])
    assert len({outcome.steps for found in outcomes.values() for outcome in found}) > 3


def test_an_outcome_does_not_depend_on_its_neighbours(
    trial: Trial,
    policies: Mapping[str, Policy],
    outcomes: Mapping[str, tuple[Outcome, ...]],
) -> None:
    alone = cast(Policy, OneByOne(policies["flow"]))
    forwards = trial.run(alone, SEEDS)
    assert alike(forwards, outcomes["flow"])
    assert tuple(reversed(trial.run(alone, [*reversed(SEEDS)]))) == forwards
    assert trial.run(alone, [7]) == (forwards[2],)


class OneByOne:
    """A policy that sees one image at a time: how a network rounds depends on how many it sees."""

    def __init__(self, policy: Policy) -> None:
        self._policy, self.device = policy, policy.device
        self.horizon, self.execute = policy.horizon, policy.execute

    def see(self, *parts: torch.Tensor) -> Seen:
        seen = [self._policy.see(*one) for one in zip(*(p.split(1) for p in parts), strict=True)]
        contexts, states = ([one[k] for one in seen] for k in range(2))
        return Seen(torch.cat(contexts), torch.cat(states))

    def act(self, seen: Seen) -> torch.Tensor:
        rows = zip(seen.context.split(1), seen.state.split(1), strict=True)
        return torch.cat([self._policy.act(Seen(*row)) for row in rows])


def alike(some: tuple[Outcome, ...], others: tuple[Outcome, ...]) -> bool:
    """Whether the same happened, give or take two control periods."""
    return len(some) == len(others) and all(
        replace(one, steps=other.steps) == other and abs(one.steps - other.steps) <= 2
        for one, other in zip(some, others, strict=True)
    )


def test_who_looks_sees_what_the_policy_sees_and_the_end(
    trial: Trial,
    policies: Mapping[str, Policy],
    outcomes: Mapping[str, tuple[Outcome, ...]],
    demonstration: Demonstration,
) -> None:
    seen: dict[int, list[np.ndarray[Any, Any]]] = {}

    def look(episode: int, image: np.ndarray[Any, Any]) -> None:
        seen.setdefault(episode, []).append(image.copy())

    again = trial.run(policies["flow"], SEEDS, look)
    assert alike(again, outcomes["flow"])
    for episode, outcome in enumerate(again):
        decisions = -(-outcome.steps // ENV["execute"])
        # A decision that is refused at once has no step.
        assert len(seen[episode]) - 1 in (decisions, decisions + 1)
    first, last = seen[2][0], seen[2][-1]
    assert (first == demonstration.images[0]).all(), "of seed 7"
    assert not (last == seen[2][-2]).all()


def test_no_episodes_are_no_outcomes(trial: Trial, policies: Mapping[str, Policy]) -> None:
    assert trial.run(policies["flow"], []) == ()
