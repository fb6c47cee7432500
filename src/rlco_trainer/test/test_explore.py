# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What policies try in rollouts, and that nothing of it is left when they are deployed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from small import new
from torch import Tensor

from rlco_core.errors import ConfigError
from rlco_trainer.policies.bins import BINS
from rlco_trainer.policies.explore import ExploreConfig, explore_by
from rlco_trainer.policies.noise import cosines
from rlco_trainer.policies.policy import Before, Policy, Sample, Seen
from rlco_trainer.policies.token import SPECIAL, TokenPolicy


def seen_by(policy: Policy, count: int) -> Seen:
    rng = torch.Generator().manual_seed(1)
    tokens = (count, policy.backbone.tokens, policy.backbone.config.width)
    return Seen(torch.randn(tokens, generator=rng), torch.randn((count, 17), generator=rng))


def sure(bin_number: int) -> TokenPolicy:
    """Says the same bin always, whatever it sees."""
    policy = new("token").requires_grad_(False)
    assert isinstance(policy, TokenPolicy)
    policy.head.weight.zero_()
    policy.head.bias.zero_()
    policy.head.bias[SPECIAL + bin_number] = 50.0
    return policy


@pytest.mark.parametrize("family", ["token", "flow"])
def test_what_is_deployed_does_not_change(family: str) -> None:
    policy = new(family)
    seen = seen_by(policy, 6)
    before = policy.act(seen)
    drawn = policy.sample(seen, torch.Generator().manual_seed(0)).actions
    explore_by(policy, ExploreConfig(flow="end", blur=6.0))
    assert torch.equal(policy.act(seen), before)
    assert not torch.equal(policy.sample(seen, torch.Generator().manual_seed(0)).actions, drawn)


def test_blurred_tokens_spread_as_they_are_scored() -> None:
    policy, blur = sure(128), 6.0
    explore_by(policy, ExploreConfig(token="sample", blur=blur))
    seen = seen_by(policy, 400)
    sample = policy.sample(seen, torch.Generator().manual_seed(0))
    away = sample.trace["tokens"].double() - 128.0
    assert away.mean().item() == pytest.approx(0.0, abs=0.2)
    assert away.std().item() == pytest.approx(blur, rel=0.03)
    expected = -0.5 * (away / blur).square() - math.log(blur * math.sqrt(2.0 * math.pi))
    assert sample.log_prob.flatten(1).double().numpy() == pytest.approx(expected.numpy(), abs=1e-4)
    judged = policy.evaluate(seen, sample.trace)
    torch.testing.assert_close(judged.log_prob, sample.log_prob, atol=1e-4, rtol=0.0)
    entropy = 0.5 + math.log(blur * math.sqrt(2.0 * math.pi))
    assert judged.entropy.numpy() == pytest.approx(np.float32(entropy), abs=1e-3)


def bins_off(policy: TokenPolicy, sample: Sample, bin_number: int) -> Tensor:
    """(B, rows, 7) how far from the middle of a bin actions were played, in bins."""
    played = policy.scale.normalise(sample.actions).double()
    return (played + 1.0) * (BINS / 2) - (bin_number + 0.5)


def alike(one: Tensor, other: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1])


def test_noise_on_means_is_shared_by_rows_and_stays_on_from_decision_to_decision() -> None:
    policy, sigma, hold = sure(128), 12.0, 0.7
    explore_by(policy, ExploreConfig(token_sigma=sigma, hold=hold))
    seen, rng = seen_by(policy, 4000), torch.Generator().manual_seed(0)
    fresh = torch.arange(4000) % 2 == 0
    first = policy.sample(seen, rng)
    second = policy.sample(seen, rng, Before(first.trace, fresh))
    a, b = (bins_off(policy, one, 128) for one in (first, second))
    for away in (a, b[fresh], b[~fresh]):
        assert away.mean().item() == pytest.approx(0.0, abs=0.5)
        assert away.std().item() == pytest.approx(sigma, rel=0.05)
    assert min(alike(a[:, 0], a[:, row]) for row in range(1, policy.execute)) > 0.7
    assert alike(a[~fresh], b[~fresh]) == pytest.approx(hold, abs=0.03)
    assert alike(a[fresh], b[fresh]) == pytest.approx(0.0, abs=0.03)
    for sample in (first, second):
        judged = policy.evaluate(seen, sample.trace)
        torch.testing.assert_close(judged.log_prob, sample.log_prob, atol=1e-4, rtol=0.0)


def test_noise_on_means_is_of_what_is_deployed_and_is_not_said() -> None:
    """Without noise to speak of, what is played is what is deployed."""
    policy, seen = new("token"), seen_by(new("token"), 50)
    deployed = policy.scale.normalise(policy.act(seen)[:, : policy.execute])
    for sigma, most in ((1e-3, 0.01), (30.0, 200.0)):
        explore_by(policy, ExploreConfig(token_sigma=sigma))
        sample = policy.sample(seen, torch.Generator().manual_seed(0))
        away = (policy.scale.normalise(sample.actions) - deployed).abs() * (BINS / 2)
        assert away.max().item() < most
        said = policy.tokens(deployed.flatten(1))
        assert torch.equal(sample.trace["said"], said)
    assert away.mean().item() > 10.0


def test_chances_of_what_was_played_are_those_of_its_noise() -> None:
    policy = sure(128)
    explore_by(policy, ExploreConfig(token_sigma=8.0, hold=0.0))
    sample = policy.sample(seen_by(policy, 20), torch.Generator().manual_seed(0))
    waves = cosines(policy.execute).double() @ bins_off(policy, sample, 128)
    spread = 8.0 * torch.tensor([[1.9], *[[0.4]] * (policy.execute - 1)], dtype=torch.float64)
    # Densities are of values in [-1, 1].
    wanted = torch.distributions.Normal(0.0, spread).log_prob(waves) + math.log(BINS / 2)
    torch.testing.assert_close(sample.log_prob.double(), wanted, atol=1e-3, rtol=0.0)


def test_a_policy_learns_to_say_more_of_what_paid() -> None:
    """The gradient moves the means towards what was played."""
    policy = new("token")
    explore_by(policy, ExploreConfig(token_sigma=12.0))
    seen = seen_by(policy, 4)
    with torch.no_grad():
        sample = policy.sample(seen, torch.Generator().manual_seed(0))
    trace = {**sample.trace, "waves": sample.trace["waves"] + 0.2}
    scored = policy.evaluate(seen, trace).log_prob.mean()
    (-scored).backward()
    torch.optim.SGD(policy.expert_parameters(), lr=0.01).step()
    assert policy.evaluate(seen, trace).log_prob.mean() > scored + 0.01


@pytest.mark.parametrize("bin_number", [0, BINS - 1])
def test_at_an_end_of_the_range_all_chances_are_within_it_and_finite(bin_number: int) -> None:
    policy = sure(bin_number)
    explore_by(policy, ExploreConfig(token="sample", blur=6.0))
    scores = policy._explored(policy._scores(torch.zeros(1, policy.backbone.config.width)))
    assert scores.exp().sum().item() == pytest.approx(1.0, abs=1e-4)
    assert torch.isfinite(scores).all()
    assert scores.argmax().item() == bin_number


def test_a_blurred_policy_learns_from_what_it_tried() -> None:
    policy = sure(128).requires_grad_()
    explore_by(policy, ExploreConfig(token="sample", blur=6.0))
    seen = seen_by(policy, 4)
    tokens = torch.full((4, 28), 140)
    policy.evaluate(seen, {"tokens": tokens}).log_prob.sum().backward()
    gradient = policy.head.bias.grad[SPECIAL:]
    assert gradient[135:146].sum() > 0.0
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize(
    ("family", "settings"),
    [
        ("flow", {"joint": "mean", "flow": "noise"}),
        ("flow", {"sde_scale": 0.1, "flow": "sde"}),
        ("flow", {"sigma": (0.2, 0.3)}),
        ("token", {"token": "sample", "temperature": 0.5}),
        ("token", {"token_sigma": 5.0}),
    ],
)
def test_every_setting_reaches_the_policy(family: str, settings: dict[str, object]) -> None:
    policy, plain = new(family), new(family)
    explore_by(policy, ExploreConfig(**settings))  # type: ignore[arg-type]
    ways = {name: settings[name] for name in ("flow", "token") if name in settings}
    explore_by(plain, ExploreConfig(**ways))  # type: ignore[arg-type]
    seen = seen_by(policy, 4)
    found, other = (
        one.sample(seen, torch.Generator().manual_seed(0)).log_prob for one in (policy, plain)
    )
    assert not torch.allclose(found, other)


@pytest.mark.parametrize(
    "settings", [{"hold": 1.0}, {"hold": 1.5}, {"sigma": (0.0, 0.1)}, {"sigma": (0.2, 0.1)},
                 {"temperature": 0.0}, {"sde_scale": -1.0}, {"blur": -1.0}]
)  # fmt: skip
def test_noise_that_cannot_be_is_refused(settings: dict[str, Any]) -> None:
    (name,) = settings
    with pytest.raises(ConfigError, match=f"{name} is "):
        ExploreConfig(**settings)
