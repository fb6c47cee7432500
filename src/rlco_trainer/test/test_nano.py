# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The network: what it answers, what it learns from, and what it must not look at."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rlco_core.language import LanguageEncoder
from rlco_trainer.models.nano import NanoConfig, NanoVLA

SMALL = NanoConfig(width=32, layers=1, heads=2)
Inputs = tuple[Tensor, Tensor, Tensor, Tensor]


@pytest.fixture
def network() -> NanoVLA:
    torch.manual_seed(0)
    return NanoVLA(SMALL)


def inputs(batch: int = 2, size: tuple[int, int] = (64, 64), words: int = 6) -> Inputs:
    generator = torch.Generator().manual_seed(1)
    mask = (torch.arange(16) < words).float().expand(batch, -1)
    return (
        torch.randint(0, 256, (batch, *size, 3), generator=generator, dtype=torch.uint8),
        torch.randn(batch, 10, generator=generator),
        torch.randn(batch, 16, 384, generator=generator),
        mask,
    )


def test_a_chunk_has_the_horizons_rows(network: NanoVLA) -> None:
    assert network.logits(*inputs(3)).shape == (3, 8, 7, 33)
    actions = network(*inputs(3))
    assert actions.shape == (3, 8, 7)
    assert actions.dtype == torch.float32
    assert torch.isfinite(actions).all()


def test_sizes_are_those_of_the_configuration() -> None:
    config = NanoConfig(width=24, layers=2, heads=3, bins=5, horizon=3, image_size=(32, 48))
    assert NanoVLA(config).logits(*inputs(1, (32, 48))).shape == (1, 3, 7, 5)


def test_the_shipped_size_has_about_a_million_parameters() -> None:
    count = sum(parameter.numel() for parameter in NanoVLA(NanoConfig()).parameters())
    assert 0.5e6 < count < 2.0e6


def test_the_answer_is_the_denormalised_mean_of_the_sharpened_bins(network: NanoVLA) -> None:
    network.action_low.copy_(torch.linspace(-0.3, 0.0, 7))
    network.action_high.copy_(torch.linspace(0.1, 1.0, 7))
    chances = torch.softmax(network.logits(*inputs()) / 0.25, dim=-1)
    mean = (chances * torch.linspace(-1.0, 1.0, 33)).sum(dim=-1)
    middle = 0.5 * (network.action_low + network.action_high)
    wanted = middle + mean * 0.5 * (network.action_high - network.action_low)
    torch.testing.assert_close(network(*inputs()), wanted)


def test_between_two_ways_it_takes_the_likelier(
    network: NanoVLA, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = torch.full((1, 8, 7, 33), -20.0)
    scores[..., 2], scores[..., 30] = 1.0, 0.0
    monkeypatch.setattr(network, "logits", lambda *_: scores)
    likelier = network.centres[2].item()
    assert network(*inputs(1)).mean().item() == pytest.approx(likelier, abs=0.05)


def test_normalising_and_back_changes_nothing(network: NanoVLA) -> None:
    network.action_low.copy_(torch.linspace(-0.3, 0.0, 7))
    network.action_high.copy_(torch.linspace(0.1, 1.0, 7))
    actions = torch.rand(4, 8, 7)
    torch.testing.assert_close(network.denormalise(network.normalise(actions)), actions)
    torch.testing.assert_close(network.normalise(network.action_low), -torch.ones(7))
    torch.testing.assert_close(network.normalise(network.action_high), torch.ones(7))


@pytest.mark.parametrize(("value", "bin_"), [(-1.0, 0), (0.0, 16), (1.0, 32), (-9.0, 0), (9.0, 32)])
def test_targets_are_distributions_about_the_value(
    network: NanoVLA, value: float, bin_: int
) -> None:
    targets = network._targets(torch.full((1, 1, 7), value))[0, 0]
    torch.testing.assert_close(targets.sum(dim=-1), torch.ones(7))
    assert targets.argmax(dim=-1).tolist() == [bin_] * 7
    assert 0.3 < targets.max().item() < 0.8


def test_the_mean_of_a_target_is_the_value(network: NanoVLA) -> None:
    values = torch.linspace(-0.9, 0.9, 7).expand(1, 1, 7)
    mean = network._targets(values) @ network.centres
    torch.testing.assert_close(mean, values, atol=1e-3, rtol=0.0)


def test_padded_rows_teach_nothing(network: NanoVLA) -> None:
    actions, weight = torch.rand(2, 8, 7), torch.ones(2, 8)
    weight[:, 5:] = 0.0
    other = actions.clone()
    other[:, 5:] = -actions[:, 5:]
    gradients = []
    for wanted in (actions, other):
        network.zero_grad()
        network.loss(*inputs(), wanted, weight).backward()
        gradients.append(network.head.weight.grad.clone())
    assert torch.equal(*gradients)
    other[:, :5] = 0.0
    assert network.loss(*inputs(), other, weight) != network.loss(*inputs(), actions, weight)


def test_masked_words_are_not_heard_and_real_ones_are(network: NanoVLA) -> None:
    image, state, words, mask = inputs(words=6)
    answer = network(image, state, words, mask)
    beyond, within = words.clone(), words.clone()
    beyond[:, 6:] = 7.0
    within[:, 3] = 7.0
    assert torch.equal(network(image, state, beyond, mask), answer)
    assert not torch.equal(network(image, state, within, mask), answer)


@pytest.mark.parametrize("place", [0, 1])
def test_image_and_state_both_count(network: NanoVLA, place: int) -> None:
    changed = list(inputs())
    changed[place] = changed[place] + 1
    assert not torch.equal(network(*changed), network(*inputs()))


def test_answers_do_not_depend_on_their_neighbours(network: NanoVLA) -> None:
    both = network(*inputs(2))
    alone = network(*(tensor[:1] for tensor in inputs(2)))
    torch.testing.assert_close(both[:1], alone, atol=1e-5, rtol=1e-4)


def test_it_learns_to_do_what_it_is_told(network: NanoVLA) -> None:
    """Equal images and states, two instructions, opposite actions."""
    told = [LanguageEncoder.load().encode(f"push the {c} cube") for c in ("red", "blue")]
    words = torch.stack([torch.tensor(t.tokens) for t in told])
    mask = torch.stack([torch.tensor(t.mask) for t in told])
    image, state = (tensor[:1].expand(2, *tensor.shape[1:]) for tensor in inputs()[:2])
    network.words_mean.copy_(words[mask > 0].mean(dim=0))
    network.words_std.copy_(words[mask > 0].std(dim=0))
    actions = torch.tensor([0.5, -0.5])[:, None, None].expand(2, 8, 7)
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3)
    for _ in range(100):
        optimiser.zero_grad()
        network.loss(image, state, words, mask, actions, torch.ones(2, 8)).backward()
        optimiser.step()
    with torch.inference_mode():
        torch.testing.assert_close(network(image, state, words, mask), actions, atol=0.05, rtol=0.0)
        swapped = network(image, state, words.flip(0), mask.flip(0))
        torch.testing.assert_close(swapped, -actions, atol=0.05, rtol=0.0)
