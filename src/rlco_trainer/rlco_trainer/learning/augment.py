# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Images as another camera might have taken them: exposure, colour, noise, and a small shift."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_GAIN, _CHANNEL, _OFFSET, _NOISE, _SHIFT = 0.2, 0.1, 12.0, 6.0, 2


def augmented(images: Tensor, rng: torch.Generator, strength: float = 1.0) -> Tensor:
    """(B, H, W, 3) uint8 -> the same, each image changed in its own way; 0 for not at all."""
    if strength == 0.0:
        return images
    pixels = _shifted(images.float(), rng, strength)
    gain = 1.0 + strength * _GAIN * _uniform((len(images), 1, 1, 1), rng)
    channel = 1.0 + strength * _CHANNEL * _uniform((len(images), 1, 1, 3), rng)
    offset = strength * _OFFSET * _uniform((len(images), 1, 1, 1), rng)
    sigma = strength * _NOISE * torch.rand((len(images), 1, 1, 1), generator=rng)
    noise = sigma * torch.randn(pixels.shape, generator=rng)
    return (pixels * gain * channel + offset + noise).round().clamp(0.0, 255.0).to(torch.uint8)


def _shifted(pixels: Tensor, rng: torch.Generator, strength: float) -> Tensor:
    """Moved by whole pixels; the edge is repeated."""
    most = round(strength * _SHIFT)
    if most == 0:
        return pixels
    _, height, width, _ = pixels.shape
    padded = functional.pad(pixels.permute(0, 3, 1, 2), (most,) * 4, mode="replicate")
    down, right = torch.randint(2 * most + 1, (2, len(pixels)), generator=rng)
    rows = (down[:, None] + torch.arange(height))[:, :, None]
    columns = (right[:, None] + torch.arange(width))[:, None, :]
    index = torch.arange(len(pixels))[:, None, None]
    moved: Tensor = padded.permute(0, 2, 3, 1)[index, rows, columns]
    return moved


def _uniform(shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    return 2.0 * torch.rand(shape, generator=rng) - 1.0
