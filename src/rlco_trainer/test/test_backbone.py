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

from rlco_core.errors import ConfigError
from rlco_trainer.policies.backbone import KEYPOINTS, Backbone, BackboneConfig
from rlco_trainer.policies.policy import Pointer

WIDE = replace(SMALLEST, image_size=(32, 64))


def new(config: BackboneConfig = SMALLEST) -> Backbone:
    torch.manual_seed(0)
    return Backbone(config)


def blob(centre: tuple[float, float], size: tuple[int, int]) -> Tensor:
    """(1, KEYPOINTS, cells): scores of a blob about ``centre`` (row, column), the same for all."""
    rows, columns = torch.arange(size[0])[:, None], torch.arange(size[1])[None]
    scores = -0.5 * ((rows - centre[0]) ** 2 + (columns - centre[1]) ** 2)
    return scores.flatten().expand(1, KEYPOINTS, -1)


@pytest.mark.parametrize("centre", [(3.5, 7.5), (2.3, 11.8), (4.75, 3.2)])
def test_a_keypoint_tells_where_a_blob_is_to_a_tenth_of_a_cell(
    centre: tuple[float, float],
) -> None:
    """The map is 8 x 16 cells of four pixels, the middle of the first at 1.5."""
    for found in new(WIDE).pointed_at(blob(centre, (8, 16)))[0]:
        column, row = ((found - 1.5) / 4.0).tolist()
        assert row == pytest.approx(centre[0], abs=0.1)
        assert column == pytest.approx(centre[1], abs=0.1)


@pytest.mark.parametrize("config", [SMALLEST, WIDE])
def test_there_is_a_token_for_the_sentence_each_place_and_each_way_between_them(
    config: BackboneConfig,
) -> None:
    network = new(config)
    context = network(*without_state(inputs(3, config)))
    assert network.tokens == 1 + KEYPOINTS + 3
    assert context.shape == (3, network.tokens, config.width)
    assert torch.isfinite(context).all()


def test_what_is_anywhere_in_the_image_can_tell_where_to_look() -> None:
    """A goal may be recognised by what stands around it."""
    network = Backbone(BackboneConfig())
    image, words, mask = without_state(inputs(1, network.config))
    image[:] = 120
    other = image.clone()
    other[:, 60:, 60:] = 255
    before, after = (network.look(one, words, mask)[1][0, 0, 0] for one in (image, other))
    assert before != after, "the opposite corner of the map"


def without_state(all_four: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
    image, _, words, mask = all_four
    return image, words, mask


def test_the_instruction_changes_how_the_image_is_seen() -> None:
    network, (image, words, mask) = new(), without_state(inputs(2))
    image, mask = image[:1, :16, :16].expand(2, -1, -1, -1), mask
    first, second = network(image, words, mask)[:, 1:]  # without the sentence's own token
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
        assert name == "attention.1.bias" or parameter.grad.norm() > 1e-8, name


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
    places = torch.linspace(-1, 1, 31)[:, None, None].expand(31, KEYPOINTS, 2)
    tokens = network._waves_of(places)
    assert tokens.shape == (31, KEYPOINTS + 3, 16)
    apart = torch.cdist(tokens[:, 0], tokens[:, 0]) + 9.0 * torch.eye(31)
    assert apart.min() > 0.25
    assert tokens.abs().max() <= 1.0


def test_ways_are_the_same_wherever_they_begin() -> None:
    network, rng = new(), torch.Generator().manual_seed(0)
    places = 0.5 * torch.rand((5, KEYPOINTS, 2), generator=rng)
    here, there = network._waves_of(places), network._waves_of(places - 0.4)
    torch.testing.assert_close(here[:, KEYPOINTS:], there[:, KEYPOINTS:], atol=1e-4, rtol=0.0)
    assert (here[:, :KEYPOINTS] - there[:, :KEYPOINTS]).abs().amax() > 0.1


def test_a_taught_keypoint_comes_to_look_where_it_is_told() -> None:
    """The cheapest look is around the point, and the middle of it is the point."""
    network = new(WIDE)
    points = torch.tensor([[[9.5, 13.5], [41.0, 22.0], [30.0, 8.0], [20.0, 20.0]]])
    scores = torch.zeros(1, KEYPOINTS, 8 * 16, requires_grad=True)
    optimiser = torch.optim.Adam([scores], 0.1)
    for _ in range(400):
        optimiser.zero_grad()
        network.pointing_loss(scores, points).sum().backward()
        optimiser.step()
    assert network.pointed_at(scores.detach())[0] == pytest.approx(points[0], abs=0.3)


def test_places_are_told_in_full_where_the_rest_is_in_mixed_precision() -> None:
    scores, backbone = blob((2.3, 11.8), (8, 16)), new(WIDE)
    exact = backbone.pointed_at(scores)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = backbone.pointed_at(scores)
    torch.testing.assert_close(mixed, exact, atol=1e-5, rtol=0.0)


def test_images_of_another_size_are_refused() -> None:
    image, *rest = inputs(2, WIDE)
    with pytest.raises(ConfigError, match=r"images of 32x64 px; the backbone sees 16x16"):
        Pointer(new()).see(image, *rest)
