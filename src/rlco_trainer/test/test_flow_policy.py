# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The flow family's log-probabilities against closed forms and numerical integration."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from rlco_trainer.policies.backbone import BackboneConfig
from rlco_trainer.policies.flow import FlowConfig, FlowPolicy
from rlco_trainer.policies.noise import cosines, gaussian
from rlco_trainer.policies.policy import Before, Seen

TINY = BackboneConfig(width=16, channels=(8, 8), dilations=(1, 2), image_size=(16, 16))


def policy(**settings: Any) -> FlowPolicy:
    torch.manual_seed(0)
    config = FlowConfig(TINY, layers=1, heads=2, horizon=2, execute=2, **settings)
    return FlowPolicy(config).requires_grad_(False)


def seen(count: int, network: FlowPolicy) -> Seen:
    rng = torch.Generator().manual_seed(1)
    tokens = (count, network.backbone.tokens, TINY.width)
    return Seen(torch.randn(tokens, generator=rng), torch.randn((count, 17), generator=rng))


class Linear(FlowPolicy):
    """A velocity that is known: it leads to ``goal`` from anywhere, v = (x - goal) / t."""

    goal = 0.3

    def velocity(self, x: Tensor, time: Tensor, contexts: Any) -> tuple[Tensor, Tensor]:
        return (x - self.goal) / time[:, None, None], torch.zeros(*x.shape[:2], TINY.width)


def linear(**settings: Any) -> Linear:
    return Linear(FlowConfig(TINY, layers=1, heads=2, horizon=2, execute=2, **settings))


def test_euler_steps_follow_a_known_velocity_to_its_goal() -> None:
    network = linear().requires_grad_(False)
    network.scale.action_low.fill_(-1.0)
    assert torch.allclose(network.act(seen(3, network)), torch.tensor(0.3), atol=1e-6)


def test_a_chain_is_as_likely_as_its_normal_distributions_say() -> None:
    """Flow-noise along the known velocity: x0 is the goal and x1 the noise, so every mean is
    goal + (x - goal) * (t - d) / t, and sigma starts at the geometric middle of its bounds.
    """
    network = linear().requires_grad_(False)
    some = seen(4, network)
    sample = network.sample(some, torch.Generator().manual_seed(2))
    chain, sigma = sample.trace["chain"], math.sqrt(0.08 * 0.16)
    expected = torch.distributions.Normal(0.0, 1.0).log_prob(chain[:, 0])
    for k, t in enumerate((1.0, 0.75, 0.5, 0.25)):
        mean = 0.3 + (chain[:, k] - 0.3) * (t - 0.25) / t
        expected = expected + torch.distributions.Normal(mean, sigma).log_prob(chain[:, k + 1])
    assert torch.allclose(sample.log_prob, expected, atol=1e-4)


def test_the_mean_of_a_chain_is_its_sum_over_its_terms() -> None:
    total, mean = policy(joint="sum"), policy(joint="mean")
    some = seen(3, total)
    one = total.sample(some, torch.Generator().manual_seed(0)).log_prob
    other = mean.sample(some, torch.Generator().manual_seed(0)).log_prob
    assert torch.allclose(one, 5.0 * other, rtol=1e-5)


@pytest.mark.parametrize("explore", ["noise", "sde"])
def test_transitions_integrate_to_one(explore: str) -> None:
    """Over the first entry of what follows a step, the density that is scored integrates to 1."""
    network = policy(explore=explore)
    some = seen(1, network)
    x = torch.randn((1, 2, 7), generator=torch.Generator().manual_seed(3))
    mean, std = network._transition(x, 1, network.contexts(some))
    grid = torch.linspace(-8.0, 8.0, 4001)
    density = gaussian(grid, mean[0, 0, 0], std[0, 0, 0]).exp()
    assert torch.trapezoid(density, grid).item() == pytest.approx(1.0, abs=1e-4)


def test_the_joint_density_of_a_chain_loses_a_step_when_that_is_integrated_out() -> None:
    """Over what the last two steps make of one entry: what is left is the density of the chain up
    to there, and the steps between depend on each other through the velocity.
    """
    network = policy()
    some = seen(1, network)
    chain = network.sample(some, torch.Generator().manual_seed(0)).trace["chain"]
    contexts = network.contexts(some)
    left = gaussian(chain[:, 0], torch.zeros(()), torch.ones(()))
    for k in range(2):
        left = left + gaussian(chain[:, k + 1], *network._transition(chain[:, k], k, contexts))
    middle = network._transition(chain[:, 2], 2, contexts)[0][0, 0, 0].item()
    grid = torch.linspace(middle - 1.5, middle + 1.5, 121)
    first, second = torch.meshgrid(grid, grid, indexing="ij")
    chains = chain.repeat(grid.numel() ** 2, 1, 1, 1)
    chains[:, 3, 0, 0], chains[:, 4, 0, 0] = first.flatten(), second.flatten()
    many = Seen(*(part.expand(len(chains), *part.shape[1:]) for part in some[:2]))
    trace = {"chain": chains, "noisy": torch.zeros(len(chains), dtype=torch.long)}
    density = network.evaluate(many, trace).log_prob[:, 0, 0].exp().view(first.shape)
    found = torch.trapezoid(torch.trapezoid(density, grid), grid)
    assert found.item() == pytest.approx(left[0, 0, 0].exp().item(), rel=1e-3)


def test_the_sde_has_the_stated_mean_and_spread() -> None:
    """t = 0.75, d = 0.25: sigma = 0.5 * sqrt(3), share of x1 = 0.5 - 0.75 * 0.25 / 1.5."""
    network = linear(explore="sde").requires_grad_(False)
    x = torch.full((1, 2, 7), 0.9)
    mean, std = network._transition(x, 1, [])
    velocity = (0.9 - 0.3) / 0.75
    clean, noise = 0.9 - velocity * 0.75, 0.9 + velocity * 0.25
    assert torch.allclose(mean, torch.tensor(clean * 0.5 + noise * (0.5 - 0.125)), atol=1e-6)
    assert torch.allclose(std, torch.tensor(0.5 * math.sqrt(3.0) * 0.5), atol=1e-6)


def test_the_sde_scores_its_one_noisy_step_and_no_other() -> None:
    network = policy(explore="sde")
    some = seen(8, network)
    sample = network.sample(some, torch.Generator().manual_seed(0))
    chain, noisy = sample.trace["chain"], sample.trace["noisy"]
    for i, k in enumerate(noisy.tolist()):
        one = Seen(some.context[i : i + 1], some.state[i : i + 1])
        mean, std = network._transition(chain[i : i + 1, k], k, network.contexts(one))
        expected = gaussian(chain[i : i + 1, k + 1], mean, std)
        assert torch.allclose(sample.log_prob[i : i + 1], expected, atol=1e-4)
        for other in set(range(4)) - {k}:
            plain, _ = network._euler(chain[i : i + 1, other], other, network.contexts(one))
            assert torch.allclose(plain, chain[i : i + 1, other + 1], atol=1e-5)


def test_an_end_is_as_likely_as_its_normal_distribution_around_the_plain_way() -> None:
    network = linear(explore="end").requires_grad_(False)
    some = seen(4, network)
    sample = network.sample(some, torch.Generator().manual_seed(2))
    waves, sigma = cosines(network.execute), math.sqrt(0.08 * 0.16)
    assert torch.allclose(waves @ waves.T, torch.eye(network.execute), atol=1e-6)
    spread = sigma * torch.tensor([1.9, *[0.4] * (network.execute - 1)])
    normal = torch.distributions.MultivariateNormal(
        torch.full((network.execute,), 0.3), scale_tril=_lower(waves.T * spread)
    )
    played = network.scale.normalise(sample.actions)
    expected = normal.log_prob(played.transpose(1, 2))
    assert torch.allclose(sample.log_prob.sum(1), expected, atol=1e-3)
    # Rows of a chunk have most of their noise in common.
    rows = torch.corrcoef(played.transpose(1, 2).reshape(-1, network.execute).T)
    assert rows.min() > 0.5


def test_noise_stays_on_from_decision_to_decision_but_not_into_another_episode() -> None:
    network = linear(explore="end", hold=0.8).requires_grad_(False)
    count, fresh = 4_000, torch.arange(4_000) >= 2_000
    some, rng = seen(count, network), torch.Generator().manual_seed(2)
    first = network.sample(some, rng)
    then = network.sample(some, rng, Before(first.trace, fresh))
    noises = torch.stack([sample.trace["noise"] for sample in (first, then)]).flatten(2)
    assert noises.std(1).flatten().numpy() == pytest.approx(1.0, abs=0.1), "as much as ever"
    for which, kept in ((~fresh, 0.8), (fresh, 0.0)):
        one, other = noises[:, which]
        assert (one * other).mean().item() == pytest.approx(kept, abs=0.02)
    # What was held is known, the rest is scored.
    sigma = math.sqrt(0.08 * 0.16) * torch.tensor([[1.9], *[[0.4]] * (network.execute - 1)])
    mean = cosines(network.execute) @ torch.full((network.execute, 7), 0.3)
    held = 0.8 * first.trace["noise"] * ~fresh[:, None, None]
    loose = torch.where(fresh, 1.0, 0.6)[:, None, None]
    expected = torch.distributions.Normal(mean + sigma * held, sigma * loose)
    scored = expected.log_prob(then.trace["waves"])
    assert torch.allclose(then.log_prob, scored, atol=1e-3)
    assert torch.allclose(network.evaluate(some, then.trace).log_prob, scored, atol=1e-3)


def _lower(factor: torch.Tensor) -> torch.Tensor:
    """The lower triangle whose square is that of ``factor``."""
    return torch.linalg.cholesky(factor @ factor.T)


def test_sigma_stays_in_its_bounds_whatever_is_learned() -> None:
    network = policy()
    for bias in (-50.0, 0.0, 50.0):
        network.spread.bias.fill_(bias)
        sigma = network._sigma(torch.zeros(1, 2, TINY.width))
        assert 0.08 - 1e-6 <= sigma.min() <= sigma.max() <= 0.16 + 1e-6


@pytest.mark.parametrize("explore", ["noise", "end"])
def test_a_policy_is_not_away_from_itself(explore: str) -> None:
    network = policy(explore=explore)
    some = seen(4, network)
    rng = torch.Generator().manual_seed(0)
    assert network.divergence(some, network, rng).item() == pytest.approx(0.0, abs=1e-6)
    other = policy(explore=explore)
    other.head.bias.add_(0.5)
    assert network.divergence(some, other, rng).item() > 0.1
