# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Varied images: each in its own way, within its bounds, and the same from the same draws."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from rlco_trainer.learning import augment
from rlco_trainer.learning.augment import augmented


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(count: int = 4) -> Tensor:
    return torch.randint(0, 256, (count, 12, 10, 3), generator=rng(9), dtype=torch.uint8)


def without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Takes some of the changes away, so that what is left can be told exactly."""
    for name in names:
        monkeypatch.setattr(augment, name, 0)


def test_at_no_strength_nothing_is_changed_or_drawn() -> None:
    generator = rng()
    assert torch.equal(augmented(pictures(), generator, 0.0), pictures())
    assert torch.equal(generator.get_state(), rng().get_state())


def test_size_and_type_stay() -> None:
    found = augmented(pictures(), rng())
    assert found.shape == pictures().shape
    assert found.dtype == torch.uint8
    assert not torch.equal(found, pictures())


def test_equal_draws_are_equal_images_and_others_are_not() -> None:
    assert torch.equal(augmented(pictures(), rng(3)), augmented(pictures(), rng(3)))
    assert not torch.equal(augmented(pictures(), rng(3)), augmented(pictures(), rng(4)))


def test_every_image_is_changed_in_its_own_way() -> None:
    found = augmented(pictures(1).expand(6, -1, -1, -1), rng())
    assert len({image.numpy().tobytes() for image in found}) == 6


def test_images_are_moved_by_up_to_two_pixels_and_the_edge_is_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without(monkeypatch, "_GAIN", "_CHANNEL", "_OFFSET", "_NOISE")
    (picture,) = pictures(1)
    padded = functional.pad(picture.permute(2, 0, 1)[None].float(), (2,) * 4, mode="replicate")
    wanted = {
        padded[0, :, y : y + 12, x : x + 10].permute(1, 2, 0).byte().numpy().tobytes()
        for y in range(5)
        for x in range(5)
    }
    found = augmented(picture.expand(600, -1, -1, -1), rng())
    assert {image.numpy().tobytes() for image in found} == wanted


def test_exposure_and_colour_stay_within_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "_NOISE")
    grey = torch.full((2000, 2, 2, 3), 100, dtype=torch.uint8)
    found = augmented(grey, rng()).float()[:, 0, 0]
    assert 100 * 0.8 * 0.9 - 12.5 <= found.min() < 72
    assert 131 < found.max() <= 100 * 1.2 * 1.1 + 12.5
    assert found.mean().item() == pytest.approx(100.0, abs=1.5)
    assert found.std(dim=1).mean() > 2.0, "channels differ"


@pytest.mark.parametrize(("shade", "least", "most"), [(255, 171, 255), (0, 0, 12)])
def test_what_is_brightest_or_darkest_does_not_wrap_around(
    monkeypatch: pytest.MonkeyPatch, shade: int, least: int, most: int
) -> None:
    without(monkeypatch, "_NOISE")
    found = augmented(torch.full((500, 2, 2, 3), shade, dtype=torch.uint8), rng())
    assert found.min() >= least
    assert found.max() <= most


def test_noise_is_of_every_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "_GAIN", "_CHANNEL", "_OFFSET")
    grey = torch.full((300, 16, 16, 3), 128, dtype=torch.uint8)
    spread = augmented(grey, rng()).float().flatten(1).std(1)
    assert spread.max().item() == pytest.approx(6.0, rel=0.15)
    assert spread.mean().item() == pytest.approx(3.0, rel=0.15)


def test_half_the_strength_changes_less() -> None:
    grey = torch.full((300, 8, 8, 3), 128, dtype=torch.uint8)
    away = [(augmented(grey, rng(), s).float() - 128.0).abs().mean().item() for s in (0.5, 1.0)]
    assert away[0] == pytest.approx(0.5 * away[1], rel=0.1)
