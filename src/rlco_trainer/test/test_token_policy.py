# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The token family: what is spoken one by one is what is scored all at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from rlco_trainer.policies.backbone import BackboneConfig
from rlco_trainer.policies.bins import BINS
from rlco_trainer.policies.policy import Examples, Seen
from rlco_trainer.policies.token import SPECIAL, TokenConfig, TokenPolicy

TINY = BackboneConfig(width=16, channels=(8, 8), dilations=(1, 2), image_size=(16, 16))


@pytest.fixture
def policy() -> TokenPolicy:
    torch.manual_seed(0)
    network = TokenPolicy(TokenConfig(TINY, layers=2, heads=2, horizon=3, execute=2))
    torch.nn.init.normal_(network.vocabulary.weight)
    return network


@pytest.fixture
def seen(policy: TokenPolicy) -> Seen:
    rng = torch.Generator().manual_seed(1)
    tokens = (5, policy.backbone.tokens, TINY.width)
    return Seen(torch.randn(tokens, generator=rng), torch.randn((5, 17), generator=rng))


def test_the_cache_changes_nothing(policy: TokenPolicy, seen: Seen) -> None:
    """Spoken with kept keys and values, scored without: the same log-probabilities."""
    sample = policy.sample(seen, torch.Generator().manual_seed(0))
    judged = policy.evaluate(seen, sample.trace)
    assert torch.allclose(sample.log_prob, judged.log_prob, atol=1e-5)
    assert torch.allclose(sample.value, judged.value, atol=1e-6)


def test_a_token_sees_those_before_it_and_none_after(policy: TokenPolicy, seen: Seen) -> None:
    tokens = torch.randint(BINS, (5, 14), generator=torch.Generator().manual_seed(0))
    changed = tokens.clone()
    changed[:, 6] = (changed[:, 6] + 100) % BINS
    before, after = policy.logits(seen, tokens), policy.logits(seen, changed)
    assert torch.equal(before[:, :7], after[:, :7])
    assert not torch.allclose(before[:, 7:], after[:, 7:])


def test_chances_of_bins_sum_to_one_without_the_words_in_front(
    policy: TokenPolicy, seen: Seen
) -> None:
    with torch.no_grad():
        policy.head.bias[:SPECIAL] = 100.0
    scores = policy.logits(seen, torch.zeros((5, 7), dtype=torch.long))
    assert scores.shape[-1] == BINS
    assert torch.allclose(scores.softmax(-1).sum(-1), torch.ones(5, 7))
    sample = policy.sample(seen, torch.Generator().manual_seed(0))
    assert (sample.log_prob < 0.0).all()


def test_a_value_comes_back_from_its_bin_within_half_a_bin(policy: TokenPolicy) -> None:
    values = torch.linspace(-1.0, 1.0, 1001)
    back = policy.centres[policy.tokens(values)]
    assert (back - values).abs().max().item() <= 1.0 / BINS + 1e-6


def test_samples_are_as_frequent_as_their_probabilities(policy: TokenPolicy, seen: Seen) -> None:
    one = Seen(seen.context[:1].expand(20_000, -1, -1), seen.state[:1].expand(20_000, -1))
    with torch.no_grad():
        policy.head.weight[SPECIAL:] *= 0.1
        policy.head.bias[SPECIAL] = 4.0
        chances = policy.logits(seen, torch.zeros((5, 1), dtype=torch.long))[0, 0].softmax(-1)
        first = policy.sample(one, torch.Generator().manual_seed(0)).trace["tokens"][:, 0]
    assert (first == 0).float().mean().item() == pytest.approx(chances[0].item(), abs=0.02)


def test_imitation_moves_what_is_said_towards_the_demonstration(
    policy: TokenPolicy, seen: Seen
) -> None:
    policy.scale.farthest.fill_(torch.inf)
    wanted = torch.linspace(-0.9, 0.9, 5)[:, None, None].expand(5, 3, 7)
    optimiser, rng = torch.optim.Adam(policy.parameters(), 1e-2), torch.Generator()
    for _ in range(300):
        optimiser.zero_grad()
        loss = policy.imitation_loss(Examples(seen, wanted, torch.ones(5, 3)), rng)
        loss.backward()
        optimiser.step()
    assert (policy.act(seen) - wanted).abs().max().item() < 0.05


@pytest.mark.parametrize("noise", [0.0, 4.0, 1e6])
def test_imitation_shows_what_was_done_before_with_noise(
    noise: float, policy: TokenPolicy, seen: Seen
) -> None:
    """The first rows of two demonstrations differ by 20 bins. The later ones are alike, and so are
    their losses where noise drowns what was before.
    """
    policy.config = replace(policy.config, history_noise=noise)
    many = Seen(seen.context[:1].expand(1000, -1, -1), seen.state[:1].expand(1000, -1))
    one = torch.zeros(1000, 3, 7)
    other = one.clone()
    other[:, 0] = 20.0 * 2.0 / BINS
    losses = [
        policy.row_losses(many, actions, torch.Generator().manual_seed(0))[:, 1]
        for actions in (one, other)
    ]
    differ = (losses[0] - losses[1]).abs() > 1e-6
    assert differ.float().mean().item() == pytest.approx(0.0 if noise > 1e3 else 1.0, abs=0.02)
    alike = (losses[0] - losses[0][0]).abs() < 1e-6
    assert alike.all().item() is (noise == 0.0)


def test_stage_two_trains_all_of_the_expert_but_its_words(policy: TokenPolicy) -> None:
    trained = {id(parameter) for parameter in policy.reinforced_parameters()}
    names = {name.split(".")[0] for name, p in policy.named_parameters() if id(p) in trained}
    assert names == {"state", "places", "blocks", "norm"}


def test_a_policy_is_not_away_from_itself(policy: TokenPolicy, seen: Seen) -> None:
    rng = torch.Generator().manual_seed(0)
    assert policy.divergence(seen, policy, rng).item() == pytest.approx(0.0, abs=1e-6)


def test_deployed_it_plays_means_and_knows_when_rounding_could_change_what_it_says(
    policy: TokenPolicy, seen: Seen
) -> None:
    policy.requires_grad_(False)
    policy.head.weight[SPECIAL:] = 0.0
    policy.head.bias[SPECIAL:] = -100.0
    bins, chances = torch.tensor([3, 100, 200]), torch.tensor([0.4, 0.25, 0.35])
    policy.head.bias[SPECIAL + bins] = chances.log()
    mean = (bins * chances).sum() + 0.5
    torch.testing.assert_close(policy.act(seen), policy.played(mean.expand(5, 21)))
    assert policy.settled(seen)
    policy.head.bias[SPECIAL + bins] = torch.tensor([0.5, 0.0, 0.5]).log().clamp_min(-100.0)
    assert not policy.settled(seen), "102.0 is between bins 101 and 102"
