# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The backbone: where things are, what was said, and what must not be looked at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from small import SMALLEST, inputs
from torch import Tensor

from rlco_trainer.policies.backbone import TAUGHT, Backbone, BackboneConfig

WIDE = replace(SMALLEST, keypoints=2, image_size=(32, 64))


def new(config: BackboneConfig = SMALLEST) -> Backbone:
    torch.manual_seed(0)
    return Backbone(config)


def blob(centre: tuple[float, float], size: tuple[int, int]) -> Tensor:
    """Eight maps; the first is the logarithm of a blob about ``centre`` (row, column)."""
    maps = torch.zeros(1, 8, *size)
    rows, columns = torch.arange(size[0])[:, None], torch.arange(size[1])[None]
    maps[0, 0] = -0.5 * ((rows - centre[0]) ** 2 + (columns - centre[1]) ** 2)
    return maps


@pytest.mark.parametrize("centre", [(3.5, 7.5), (2.3, 11.8), (4.75, 3.2)])
def test_a_keypoint_tells_where_a_blob_is_to_a_tenth_of_a_cell(
    centre: tuple[float, float],
) -> None:
    """The map is 8 x 16 cells; a token that only passes on where it looks."""
    network = new(WIDE).requires_grad_(False)
    for layer in (network.attention, network.projection):
        layer.weight.zero_()
        layer.bias.zero_()
    network.attention.weight[0, 0] = 1.0  # the first keypoint looks where the first map is high
    network.projection.weight[:2, 8:] = torch.eye(2)
    column, row = network._keypoints(blob(centre, (8, 16)))[0][0, 0, :2].tolist()
    assert 0.5 * (row + 1.0) * 7 == pytest.approx(centre[0], abs=0.1)
    assert 0.5 * (column + 1.0) * 15 == pytest.approx(centre[1], abs=0.1)


def test_a_keypoint_tells_what_is_where_it_looks() -> None:
    network = new(WIDE).requires_grad_(False)
    for layer in (network.attention, network.projection):
        layer.weight.zero_()
        layer.bias.zero_()
    network.attention.weight[0, 0] = 20.0
    network.projection.weight[0, 1] = 1.0  # says the second map
    maps = blob((3.0, 5.0), (8, 16))
    maps[0, 1, 3, 5] = 7.0
    first, second = network._keypoints(maps)[0][0, :, 0].tolist()
    assert first == pytest.approx(7.0, abs=0.01)
    assert second == pytest.approx(7.0 / (8 * 16)), "the other looks everywhere"


@pytest.mark.parametrize("config", [SMALLEST, WIDE])
def test_there_is_a_token_for_each_keypoint_the_sentence_and_each_place_pointed_at(
    config: BackboneConfig,
) -> None:
    network = new(config)
    context = network(*without_state(inputs(3, config)))
    assert network.tokens == config.keypoints + 1 + min(TAUGHT, config.keypoints)
    assert context.shape == (3, network.tokens, config.width)
    assert torch.isfinite(context).all()


def without_state(all_four: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
    image, _, words, mask = all_four
    return image, words, mask


def test_the_instruction_changes_how_the_image_is_seen() -> None:
    network, (image, words, mask) = new(), without_state(inputs(2))
    image, mask = image[:1, :16, :16].expand(2, -1, -1, -1), mask
    first, second = network(image, words, mask)[:, :-1]  # without the sentence's own token
    assert (first - second).abs().max().item() > 1e-3


def test_words_that_are_not_said_are_not_heard_and_real_ones_are() -> None:
    network, (image, words, mask) = new(), without_state(inputs(2, SMALLEST))
    answer = network(image, words, mask)
    beyond, within = words.clone(), words.clone()
    beyond[:, 6:] = 7.0
    within[:, 3] = 7.0
    assert torch.equal(network(image, beyond, mask), answer)
    assert not torch.equal(network(image, within, mask), answer)


def test_words_are_standardised_over_what_was_said() -> None:
    """The same sentences in another unit and about another middle say the same."""
    (image, words, mask) = without_state(inputs(4, SMALLEST))
    moved, answers = 50.0 * words + 3.0, []
    for said in (words, moved):
        network = new()
        network.fit(said[mask > 0].numpy())
        answers.append(network(image, said, mask))
    torch.testing.assert_close(answers[1], answers[0], atol=1e-3, rtol=0.0)


def test_words_that_never_change_have_a_scale_all_the_same() -> None:
    network = new()
    network.fit(np.full((5, 384), 0.5, np.float32))
    assert network.words_std.tolist() == pytest.approx([1e-3] * 384)


def test_answers_do_not_depend_on_their_neighbours() -> None:
    network, some = new(), without_state(inputs(3, SMALLEST))
    alone = network(*(part[1:2] for part in some))
    torch.testing.assert_close(network(*some)[1:2], alone, atol=1e-5, rtol=1e-4)


def test_every_weight_gets_a_gradient() -> None:
    network = new()
    context = network(*without_state(inputs(4, SMALLEST)))
    (context * torch.randn(context.shape, generator=torch.Generator())).sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        # A constant added to all scores moves no softmax.
        assert name == "attention.bias" or parameter.grad.norm() > 1e-8, name


def squares(places: Tensor) -> Tensor:
    """(B, 16, 16, 3) uint8: a red and a blue square with corners at ``places`` (B, 2, 2)."""
    cells = torch.arange(16)
    inside = (cells >= places[..., None]) & (cells < places[..., None] + 3)
    image = torch.zeros(len(places), 16, 16, 3, dtype=torch.uint8)
    image[..., [0, 2]] = (
        255 * (inside[:, :, 0, :, None] & inside[:, :, 1, None]).movedim(1, -1).byte()
    )
    return image


def test_it_learns_to_a_pixel_where_the_colour_is_that_is_named() -> None:
    network = new()
    head = torch.nn.Linear(network.tokens * 16, 2)
    rng = torch.Generator().manual_seed(0)
    said, mask = torch.zeros(2, 16, 384), (torch.arange(16) < 1).float().expand(32, -1)
    said[0, 0, :192], said[1, 0, 192:] = 1.0, 1.0
    optimiser, away = torch.optim.Adam([*network.parameters(), *head.parameters()], 5e-3), []
    for _ in range(220):
        places = torch.randint(1, 13, (32, 2, 2), generator=rng)
        which = torch.randint(2, (32,), generator=rng)
        found = 8.0 + 8.0 * head(network(squares(places), said[which], mask).flatten(1))
        loss = (found - places[torch.arange(32), which]).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        away.append(loss.item())
    assert np.mean(away[-20:]) < 1.0, "always saying the middle of the image is 3 away"


def test_where_a_keypoint_looks_can_be_read_to_a_fraction_of_a_pixel() -> None:
    """Linearly, from its own token, as waves of many lengths."""
    network = new()
    cells = torch.full((16, network.config.keypoints, 16), -30.0)
    for cell in range(16):
        cells[cell, :, cell] = 30.0
    between = 0.5 * (cells[:-1] + cells[1:])  # two cells alike
    tokens = network._pointed(torch.cat([cells, between]))
    assert tokens.shape == (31, 4, 16)
    apart = torch.cdist(tokens[:, 0], tokens[:, 0]) + 9.0 * torch.eye(31)
    assert apart.min() > 0.5
    assert tokens.abs().max() <= 1.0


def test_a_taught_keypoint_comes_to_look_where_it_is_told() -> None:
    """The cheapest look is around the point, and the middle of it is the point."""
    network, points = (
        new(replace(WIDE, keypoints=5)),
        torch.tensor([[[9.5, 13.5], [41.0, 22.0], [30.0, 8.0], [20.0, 20.0]]]),
    )
    scores = torch.zeros(1, network.config.keypoints, 8 * 16, requires_grad=True)
    optimiser = torch.optim.Adam([scores], 0.1)
    for _ in range(400):
        optimiser.zero_grad()
        network.pointing_loss(scores, points).sum().backward()
        optimiser.step()
    assert network.pointed_at(scores.detach())[0] == pytest.approx(points[0], abs=0.3)
    assert (scores.detach()[:, TAUGHT:] == 0.0).all()
