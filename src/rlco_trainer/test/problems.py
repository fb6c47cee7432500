# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Small problems whose best policies are known, in place of environments."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rlco_sim.truth import SIZE
from rlco_trainer.learning.anchor import Anchor, AnchorConfig
from rlco_trainer.learning.collector import Ended, Rollout
from rlco_trainer.learning.reinforce import ReinforceConfig, Reinforcement
from rlco_trainer.policies.backbone import BackboneConfig
from rlco_trainer.policies.bins import BINS
from rlco_trainer.policies.flow import FlowConfig, FlowPolicy
from rlco_trainer.policies.policy import Examples, Policy, Seen
from rlco_trainer.policies.token import SPECIAL, TokenConfig, TokenPolicy

TINY = BackboneConfig(width=16, channels=(8, 8), dilations=(1, 2), image_size=(16, 16))
#: The sentence, four places, and three ways between them.
TOKENS = 8
CONFIG = ReinforceConfig(
    iterations=3,
    envs=64,
    decisions=2,
    epochs=2,
    batch=64,
    learning_rate=3e-3,
    critic_learning_rate=3e-3,
    threads=1,
    value_iterations=1,
    anchor=AnchorConfig(beta=0.0, batch=16),
)


def new_policy(family: str = "token") -> Policy:
    torch.manual_seed(0)
    if family == "token":
        policy = TokenPolicy(TokenConfig(TINY, layers=1, heads=2, horizon=1, execute=1))
        with torch.no_grad():  # Stage II leaves words as they are: these tell high from low
            policy.head.weight[SPECIAL:, 0] += torch.linspace(-2.0, 2.0, BINS)
        return policy
    return FlowPolicy(FlowConfig(TINY, layers=1, heads=2, horizon=1, execute=1))


def observed(count: int, seed: int) -> Seen:
    """The sign of the state's first entry says which way is right."""
    rng = torch.Generator().manual_seed(seed)
    state = torch.zeros(count, 17)
    state[:, 0] = torch.randint(2, (count,), generator=rng) * 2.0 - 1.0
    return Seen(torch.zeros(count, TOKENS, TINY.width), state)


class Signs:
    """One decision: dx should have the sign of the state; pays 1 - |dx - sign|."""

    def collect(self, policy: Policy, iteration: int) -> Rollout:
        steps, envs = CONFIG.decisions, CONFIG.envs
        rng = torch.Generator().manual_seed(iteration)
        seen = observed(steps * envs, iteration)
        with torch.no_grad():
            sample = policy.sample(seen, rng)
        reward = 1.0 - (sample.actions[:, 0, 0] - seen.state[:, 0]).abs()
        ended = torch.ones(steps, envs, dtype=torch.bool)

        def shaped(tensor: Tensor) -> Tensor:
            return tensor.unflatten(0, (steps, envs))

        return Rollout(
            context=shaped(seen.context),
            state=shaped(seen.state),
            truth=torch.zeros(steps, envs, SIZE),
            trace={key: shaped(value) for key, value in sample.trace.items()},
            log_prob=shaped(sample.log_prob),
            counted=torch.ones(steps, envs, 1),
            value=shaped(sample.value),
            next_value=torch.zeros(steps, envs),
            reward=shaped(reward),
            terminated=ended,
            ended=ended,
            episodes=tuple(Ended(r, 1, r > 0.5, False, True) for r in reward.tolist()),
        )


class Real:
    """Real demonstrations that go the other way."""

    def __len__(self) -> int:
        return 32

    def examples(self, policy: Policy, frames: object, rng: torch.Generator) -> Examples:
        seen = observed(16, 99)
        actions = torch.zeros(16, 1, 7)
        actions[:, 0, 0] = -seen.state[:, 0]
        return Examples(seen, actions, torch.ones(16, 1))


def run_of(
    out: Path, config: ReinforceConfig, family: str = "token", problem: object = None
) -> Reinforcement:
    policy = new_policy(family)
    anchor = Anchor(config.anchor, Real(), np.arange(32), copy.deepcopy(policy))
    return Reinforcement(policy, problem or Signs(), anchor, config, out)  # type: ignore[arg-type]


def weights(policy: Policy) -> Tensor:
    return torch.cat([value.flatten().float() for value in policy.state_dict().values()])


class Corridor:
    """Places 0 to 3 in a row. A way left from place 0 pays 0.6 and is the end; a way right from
    place 3 pays 1 and is the end; nothing else pays. Episodes begin anywhere, and every tenth is
    cut off wherever it is.

    With a discount of 0.9 the best way is right everywhere, and worth 0.9 ** (3 - place).
    """

    places, steps, envs = 4, 12, 64

    def seen(self, place: Tensor) -> Seen:
        """Every place is told by the state, and to values by the truth."""
        one_hot = torch.nn.functional.one_hot(place, self.places).float()
        state, truth = torch.zeros(len(place), 17), torch.zeros(len(place), SIZE)
        state[:, : self.places], truth[:, : self.places] = 2.0 * one_hot - 1.0, one_hot
        return Seen(torch.zeros(len(place), TOKENS, TINY.width), state, truth)

    def collect(self, policy: Policy, iteration: int) -> Rollout:
        rng = torch.Generator().manual_seed(iteration)
        place = torch.randint(self.places, (self.envs,), generator=rng)
        rows, traces = [], []
        for _ in range(self.steps):
            seen = self.seen(place)
            with torch.no_grad():
                sample = policy.sample(seen, rng)
            ahead = place + torch.where(sample.actions[:, 0, 0] > 0.0, 1, -1)
            over = (ahead < 0) | (ahead == self.places)
            with torch.no_grad():
                next_value = policy.values(self.seen(ahead.clamp(0, self.places - 1)))
            cut = torch.rand(self.envs, generator=rng) < 0.1
            anew = torch.randint(self.places, (self.envs,), generator=rng)
            row = {"log_prob": sample.log_prob, "value": sample.value, "next_value": next_value}
            row["reward"] = torch.where(ahead < 0, 0.6, (ahead == self.places).float())
            rows.append({**seen._asdict(), **row, "terminated": over, "ended": over | cut})
            traces.append(sample.trace)
            place = torch.where(over | cut, anew, ahead)
        return Rollout(
            **_stacked(rows),
            trace=_stacked(traces),
            counted=torch.ones(self.steps, self.envs, 1),
            episodes=(Ended(0.0, 1, False, False, True),),
        )


def _stacked(rows: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    return {key: torch.stack([row[key] for row in rows]) for key in rows[0]}
