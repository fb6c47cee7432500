# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Images as another camera in another room might have taken them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from rlco_trainer.settings import require_least

_GAIN, _CHANNEL, _OFFSET, _NOISE, _GAMMA = 0.2, 0.1, 12.0, 6.0, 0.2
#: Share of light that clouds take or give, and how many of them there are across an image.
_CLOUDS, _SIZES = 0.25, (4, 8, 16, 32)
#: Rotation rad, size, ratio of the sides, and shift as a share of the image.
_TURN, _ZOOM, _SQUEEZE, _SHIFT = 0.08, 0.08, 0.04, 0.045


@dataclass(frozen=True)
class ImageConfig:
    """How real images are varied.

    Attributes:
        copies: of each image, the first unchanged; they are seen once each where the backbone
            stays as it is, and drawn anew every time where it learns.
        strength: of the changes, 0 for none.
    """

    copies: int = 4
    strength: float = 1.0

    def __post_init__(self) -> None:
        require_least(self, 1, "copies")
        require_least(self, 0.0, "strength")


def varied(
    images: Tensor, points: Tensor, rng: torch.Generator, strength: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Images (B, H, W, 3) uint8, each changed in its own way, and where their ``points``
    (B, P, 2) px are then; 0 for not at all.
    """
    if strength == 0.0:
        return images, points
    images, points = moved(images, points, rng, strength)
    return relit(images, rng, strength), points


def relit(images: Tensor, rng: torch.Generator, strength: float = 1.0) -> Tensor:
    """(B, H, W, 3) uint8 with other exposure, colours, clouds of light and shadow, and noise."""
    count = len(images)
    pixels = _clouded(images.float(), rng, strength)
    gain = 1.0 + strength * _GAIN * _uniform((count, 1, 1, 1), rng)
    channel = 1.0 + strength * _CHANNEL * _uniform((count, 1, 1, 3), rng)
    offset = strength * _OFFSET * _uniform((count, 1, 1, 1), rng)
    gamma = torch.exp(strength * _GAMMA * _uniform((count, 1, 1, 1), rng))
    sigma = strength * _NOISE * torch.rand((count, 1, 1, 1), generator=rng)
    noise = sigma * torch.randn(pixels.shape, generator=rng)
    lit = (pixels * gain * channel + offset).clamp(0.0, 255.0)
    seen = 255.0 * (lit / 255.0) ** gamma + noise
    return seen.round().clamp(0.0, 255.0).to(torch.uint8)


@torch.autocast("cpu", enabled=False)  # places need all their bits
def moved(
    images: Tensor, points: Tensor, rng: torch.Generator, strength: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Images (B, H, W, 3) uint8 as a camera put up a little differently would have taken them,
    and where their ``points`` (B, P, 2) px are then. What lies beyond an edge mirrors the image.
    """
    count, height, width, _ = images.shape
    sides = torch.tensor([width, height], dtype=torch.float32)
    middle = 0.5 * (sides - 1.0)
    # From places in the new image to places in the old one, px from the middle.
    turn = strength * _TURN * _uniform((count,), rng)
    zoom = 1.0 + strength * _ZOOM * _uniform((count,), rng)
    squeeze = 1.0 + strength * _SQUEEZE * _uniform((count,), rng)
    shift = strength * _SHIFT * sides * _uniform((count, 2), rng)
    across = torch.stack([turn.cos() * squeeze, -turn.sin()], -1)
    down = torch.stack([turn.sin() * squeeze, turn.cos()], -1)
    way = zoom[:, None, None] * torch.stack([across, down], 1)
    # The grid's unit is half a side.
    theta = torch.cat([way * sides / sides[:, None], (2.0 * shift / sides)[..., None]], -1)
    grid = functional.affine_grid(theta, [count, 3, height, width], align_corners=False)
    pixels = functional.grid_sample(
        images.permute(0, 3, 1, 2).float(), grid, padding_mode="reflection", align_corners=False
    )
    there = torch.linalg.solve(way, (points - middle - shift[:, None]).mT).mT + middle
    return pixels.permute(0, 2, 3, 1).round().to(torch.uint8).contiguous(), there


def _clouded(pixels: Tensor, rng: torch.Generator, strength: float) -> Tensor:
    """Lighter here and darker there, in patches of several sizes, some of them coloured."""
    count, height, width, _ = pixels.shape
    light = torch.ones_like(pixels)
    for size in _SIZES:
        patches = 0.7 * _uniform((count, 1, size, size), rng) + 0.3 * _uniform(
            (count, 3, size, size), rng
        )
        smooth = functional.interpolate(
            patches, (height, width), mode="bilinear", align_corners=False
        )
        # Squared, so that most images are hardly changed and some very much.
        share = torch.rand((count, 1, 1, 1), generator=rng).square()
        light = light * (1.0 + strength * _CLOUDS * share * smooth.permute(0, 2, 3, 1))
    return pixels * light


def _uniform(shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    return 2.0 * torch.rand(shape, generator=rng) - 1.0
