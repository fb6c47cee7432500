# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Normal noise, how likely it is, and how it spreads over the rows of a chunk."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

HALF_LOG_TAU = 0.5 * math.log(2.0 * math.pi)


def cosines(count: int) -> Tensor:
    """(count, count) orthonormal rows: a constant, and waves of more and more half periods."""
    rows, columns = torch.arange(count)[:, None], torch.arange(count)
    waves = torch.cos(math.pi * rows * (columns + 0.5) / count)
    return waves / waves.norm(dim=1, keepdim=True)


def exactly(left: Tensor, right: Tensor) -> Tensor:
    """Their matrix product in full precision, also where networks run in less: a chance or an
    action that was rounded is another one.
    """
    with torch.autocast(left.device.type, enabled=False):
        return left @ right


def gaussian(x: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Log-density of a normal distribution, entry by entry."""
    return -0.5 * ((x - mean) / std).square() - std.log() - HALF_LOG_TAU


def normal(shape: Sequence[int], rng: torch.Generator, device: torch.device) -> Tensor:
    """Normal draws, the same on every device."""
    return torch.randn(tuple(shape), generator=rng).to(device)


def lasting(
    draws: Tensor, share: float, before: tuple[Mapping[str, Tensor], Tensor] | None
) -> dict[str, Tensor]:
    """Noise of which a ``share`` stays on from row to row, and is standard normal all the same.

    Args:
        draws: (B, rows, N) standard normal.
        before: how the decision before came about, from the last row of whose ``noise`` it stays
            on as well, and (B,) where there was none.

    Returns:
        (B, rows * N) each: ``noise``, and the mean ``held`` and deviation ``loose`` with which it
        was drawn, given the row before.
    """
    last, alone = torch.zeros_like(draws[:, 0]), torch.ones_like(draws[:, 0, :1]) > 0.0
    if before is not None:
        last, alone = before[0]["noise"].flatten(1)[:, -draws.shape[2] :], before[1][:, None]
    held, loose, noise = [], [], []
    for row in range(draws.shape[1]):
        alone = alone & (row == 0)
        held.append(torch.where(alone, 0.0, share * last))
        loose.append(torch.where(alone, 1.0, math.sqrt(1.0 - share**2)).expand_as(last))
        last = held[-1] + loose[-1] * draws[:, row]
        noise.append(last)
    parts = {"noise": noise, "held": held, "loose": loose}
    return {name: torch.cat(rows, 1) for name, rows in parts.items()}
