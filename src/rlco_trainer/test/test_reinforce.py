# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Stage II as a whole, on a small problem whose best policy is known: what the anchor does to the
weights, and that a run that was stopped goes on to the bit.
"""

from __future__ import annotations

import copy
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor

from rlco_core.errors import ConfigError
from rlco_sim.truth import SIZE
from rlco_trainer.learning.anchor import Anchor, AnchorConfig
from rlco_trainer.learning.collector import Ended, Rollout
from rlco_trainer.learning.ppo import PpoConfig
from rlco_trainer.learning.reinforce import ReinforceConfig, Reinforcement, faded, followed
from rlco_trainer.policies.backbone import BackboneConfig
from rlco_trainer.policies.flow import FlowConfig, FlowPolicy
from rlco_trainer.policies.policy import Examples, Policy, Seen
from rlco_trainer.policies.token import TokenConfig, TokenPolicy

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
        return TokenPolicy(TokenConfig(TINY, layers=1, heads=2, horizon=1, execute=1))
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
            played=torch.ones(steps, envs, 1),
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


def run_of(out: Path, config: ReinforceConfig, family: str = "token") -> Reinforcement:
    policy = new_policy(family)
    anchor = Anchor(config.anchor, Real(), np.arange(32), copy.deepcopy(policy))
    return Reinforcement(policy, Signs(), anchor, config, out)  # type: ignore[arg-type]


def weights(policy: Policy) -> Tensor:
    return torch.cat([value.flatten().float() for value in policy.state_dict().values()])


@pytest.mark.parametrize("family", ["token", "flow"])
def test_it_learns_what_pays(family: str, tmp_path: Path) -> None:
    ratio: Literal["chunk", "part"] = "part" if family == "token" else "chunk"
    ppo = PpoConfig(ratio=ratio)
    config = replace(CONFIG, iterations=90, epochs=4, batch=32, ppo=ppo)
    policy = run_of(tmp_path, config, family).run()
    seen = observed(64, 7)
    right = (policy.act(seen)[:, 0, 0] - seen.state[:, 0]).abs() < 0.5
    assert right.float().mean().item() > 0.95


@pytest.mark.parametrize("kind", ["imitation", "kl"])
def test_the_anchor_pulls_on_the_weights_and_without_it_they_are_those_of_plain_ppo(
    kind: str, tmp_path: Path
) -> None:
    def after(name: str, beta: float) -> Tensor:
        anchor = AnchorConfig(beta=beta, kind=kind, batch=16)  # type: ignore[arg-type]
        run = run_of(tmp_path / name, replace(CONFIG, anchor=anchor))
        return weights(run.run())

    plain = after("plain", 0.0)
    assert torch.equal(after("again", 0.0), plain)
    assert not torch.equal(after("anchored", 0.5), plain)


def test_the_gradient_of_the_anchor_reaches_the_expert_and_not_the_backbone() -> None:
    policy = new_policy()
    anchor = Anchor(AnchorConfig(batch=16), Real(), np.arange(32), copy.deepcopy(policy))
    gradients = torch.autograd.grad(
        anchor.loss(policy, (0,)), policy.expert_parameters(), allow_unused=True
    )
    lengths = [0.0 if g is None else g.norm().item() for g in gradients]
    assert sum(length > 0.0 for length in lengths) > 0.9 * len(lengths)


def test_a_strong_anchor_holds_the_policy_at_the_demonstrations(tmp_path: Path) -> None:
    config = replace(CONFIG, iterations=40, batch=32, anchor=AnchorConfig(beta=20.0, batch=16))
    policy = run_of(tmp_path, config).run()
    seen = observed(64, 7)
    imitated = (policy.act(seen)[:, 0, 0] + seen.state[:, 0]).abs() < 0.5
    assert imitated.float().mean().item() > 0.95


def test_the_backbone_stays_as_it_is(tmp_path: Path) -> None:
    before = new_policy().backbone.state_dict()
    after = run_of(tmp_path, CONFIG).run().backbone.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_at_first_only_values_are_learned(tmp_path: Path) -> None:
    policy = run_of(tmp_path, replace(CONFIG, iterations=1, value_iterations=1)).run()
    seen = observed(8, 0)
    assert torch.equal(policy.act(seen), new_policy().act(seen))
    assert not torch.equal(policy.values(seen), new_policy().values(seen))


@pytest.mark.parametrize("anchor", [CONFIG.anchor, AnchorConfig(beta=0.5, batch=16, ratio=0.3)])
def test_a_run_that_was_stopped_goes_on_to_the_bit(tmp_path: Path, anchor: AnchorConfig) -> None:
    """Also where beta adapts: it is part of what a run is."""
    config = replace(CONFIG, anchor=anchor)
    whole = run_of(tmp_path / "whole", config).run()

    class Stop(Exception):
        pass

    def stop(iteration: int, figures: object, policy: Policy) -> None:
        if iteration == 3:
            raise Stop

    with pytest.raises(Stop):
        run_of(tmp_path / "parts", config).run(stop)
    again = run_of(tmp_path / "parts", config)
    assert again.iteration == 2
    assert (again._anchor.beta == anchor.beta) == (anchor.ratio == 0.0)
    assert torch.equal(weights(again.run()), weights(whole))


def test_a_run_that_is_told_to_stop_finishes_its_iteration(tmp_path: Path) -> None:
    whole = run_of(tmp_path / "whole", CONFIG).run()

    def stop(iteration: int, figures: object, policy: Policy) -> None:
        if iteration == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        run_of(tmp_path / "parts", CONFIG).run(stop)
    again = run_of(tmp_path / "parts", CONFIG)
    assert again.iteration == 2
    assert torch.equal(weights(again.run()), weights(whole))


def test_the_average_follows_as_slowly_as_is_said_from_the_start(tmp_path: Path) -> None:
    run = run_of(tmp_path, replace(CONFIG, average=0.999, value_iterations=0))
    before = run._average.state_dict()["vocabulary.weight"].clone()
    run.one_iteration()
    after = run._average.state_dict()["vocabulary.weight"]
    present = run._policy.state_dict()["vocabulary.weight"]
    assert not torch.equal(present, before)
    torch.testing.assert_close(after, torch.lerp(before, present, 0.001), atol=0.0, rtol=1e-6)


def test_a_run_with_other_settings_is_refused(tmp_path: Path) -> None:
    run_of(tmp_path, CONFIG).run()
    with pytest.raises(ConfigError, match="other settings"):
        run_of(tmp_path, replace(CONFIG, gamma=0.9))


def test_what_is_not_finite_is_named_and_never_saved(tmp_path: Path) -> None:
    run = run_of(tmp_path, CONFIG)
    run.one_iteration()
    with torch.no_grad():
        run._policy.value.network[0].weight.fill_(torch.nan)
    with pytest.raises(ConfigError, match="the loss of PPO is nan"):
        run.run()
    assert not (tmp_path / "checkpoint.safetensors").exists()


def test_beta_follows_the_ratio_of_gradients(tmp_path: Path) -> None:
    config = replace(CONFIG, iterations=30, anchor=AnchorConfig(beta=1.0, batch=16, ratio=0.3))
    run = run_of(tmp_path, config)
    ratios = [run.one_iteration().get("anchor/gradient_ratio", 0.0) for _ in range(30)]
    assert np.mean(ratios[-10:]) == pytest.approx(0.3, rel=0.7)


def test_the_learning_rate_follows_how_far_the_policy_moved() -> None:
    assert followed(1e-4, 0.5, 0.1) < 1e-4 < followed(1e-4, 0.01, 0.1)
    assert followed(1e-4, 0.1, 0.1) == 1e-4
    rate = 1e-4
    for _ in range(100):
        rate = followed(rate, 1e3, 0.1)
    assert 0.0 < rate < 1e-5, "it never vanishes"
    for _ in range(100):
        rate = followed(rate, 0.0, 0.1)
    assert rate < 0.1, "nor does it explode"


def test_what_is_learned_at_first_is_learned_fastest() -> None:
    assert [faded(done) for done in (0.0, 0.5, 1.0)] == pytest.approx([1.0, 0.5, 0.0])
