# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Varied images: each in its own way, within its bounds, and the same from the same draws."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rlco_trainer.learning import augment
from rlco_trainer.learning.augment import moved, relit, varied


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
    points = torch.ones(4, 2, 2)
    found = varied(pictures(), points, generator, 0.0)
    assert torch.equal(found[0], pictures())
    assert torch.equal(found[1], points)
    assert torch.equal(generator.get_state(), rng().get_state())


def test_size_and_type_stay() -> None:
    found = relit(pictures(), rng())
    assert found.shape == pictures().shape
    assert found.dtype == torch.uint8
    assert not torch.equal(found, pictures())


def test_equal_draws_are_equal_images_and_others_are_not() -> None:
    assert torch.equal(relit(pictures(), rng(3)), relit(pictures(), rng(3)))
    assert not torch.equal(relit(pictures(), rng(3)), relit(pictures(), rng(4)))


def test_every_image_is_changed_in_its_own_way() -> None:
    found = relit(pictures(1).expand(6, -1, -1, -1), rng())
    assert len({image.numpy().tobytes() for image in found}) == 6


def dots(places: Tensor) -> Tensor:
    """(B, 64, 48, 3) uint8, each with a soft dot about its place (x, y) px."""
    rows, columns = torch.arange(64.0)[:, None], torch.arange(48.0)
    away = (columns - places[:, :1, None]).square() + (rows - places[:, 1:, None]).square()
    return (250 * torch.exp(-away / 8.0)).byte()[..., None].expand(-1, -1, -1, 3)


def middles(images: Tensor) -> Tensor:
    """(B, 2) px, the centres of what is bright."""
    weight = images[..., 0].double()
    weight = weight / weight.sum((1, 2), keepdim=True)
    columns, rows = torch.arange(48.0).double(), torch.arange(64.0).double()
    return torch.stack([(weight.sum(1) * columns).sum(1), (weight.sum(2) * rows).sum(1)], 1)


def test_points_go_where_the_camera_that_moved_sees_them() -> None:
    places = torch.tensor([30.0, 24.0]) + 20.0 * (torch.rand((60, 2), generator=rng(1)) - 0.5)
    images, points = moved(dots(places), places[:, None], rng())
    assert images.dtype == torch.uint8
    torch.testing.assert_close(middles(images).float(), points[:, 0], atol=0.15, rtol=0.0)
    shifts = (points[:, 0] - places).abs().amax(0)
    assert (shifts > 1.0).all()
    assert (shifts < 8.0).all()


def test_a_camera_that_has_not_moved_sees_the_same() -> None:
    images, points = moved(pictures(), torch.ones(4, 1, 2), rng(), 0.0)
    assert (images.int() - pictures().int()).abs().max() <= 1
    torch.testing.assert_close(points, torch.ones(4, 1, 2))


def test_clouds_are_smooth_and_some_are_faint(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "_GAIN", "_CHANNEL", "_OFFSET", "_NOISE", "_GAMMA")
    grey = torch.full((60, 128, 128, 3), 128, dtype=torch.uint8)
    found = relit(grey, rng()).float() / 128.0
    spread = found.flatten(1).std(1)
    assert 0.02 < spread.median() < 0.10
    assert spread.min() < 0.5 * spread.median()
    assert (found[:, 1:] - found[:, :-1]).abs().mean() < 0.03


def test_exposure_and_colour_stay_within_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "_NOISE", "_CLOUDS", "_GAMMA")
    grey = torch.full((2000, 2, 2, 3), 100, dtype=torch.uint8)
    found = relit(grey, rng()).float()[:, 0, 0]
    assert 100 * 0.8 * 0.9 - 12.5 <= found.min() < 72
    assert 131 < found.max() <= 100 * 1.2 * 1.1 + 12.5
    assert found.mean().item() == pytest.approx(100.0, abs=1.5)
    assert found.std(dim=1).mean() > 2.0, "channels differ"


@pytest.mark.parametrize(("shade", "least", "most"), [(255, 171, 255), (0, 0, 12)])
def test_what_is_brightest_or_darkest_does_not_wrap_around(
    monkeypatch: pytest.MonkeyPatch, shade: int, least: int, most: int
) -> None:
    without(monkeypatch, "_NOISE", "_CLOUDS", "_GAMMA")
    found = relit(torch.full((500, 2, 2, 3), shade, dtype=torch.uint8), rng())
    assert found.min() >= least
    assert found.max() <= most


def test_noise_is_of_every_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "_GAIN", "_CHANNEL", "_OFFSET", "_CLOUDS", "_GAMMA")
    grey = torch.full((300, 16, 16, 3), 128, dtype=torch.uint8)
    spread = relit(grey, rng()).float().flatten(1).std(1)
    assert spread.max().item() == pytest.approx(6.0, rel=0.15)
    assert spread.mean().item() == pytest.approx(3.0, rel=0.15)


def test_half_the_strength_changes_less() -> None:
    grey = torch.full((300, 8, 8, 3), 128, dtype=torch.uint8)
    away = [(relit(grey, rng(), s).float() - 128.0).abs().mean().item() for s in (0.5, 1.0)]
    assert away[0] == pytest.approx(0.5 * away[1], rel=0.1)
