# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Normal noise, how likely it is, and how it spreads over the rows of a chunk."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

HALF_LOG_TAU = 0.5 * math.log(2.0 * math.pi)
#: Least chance, which keeps logarithms finite, and the shares that count as an end.
_LEAST, _EDGE = 1e-9, 1e-6


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


def log_chance(below: Tensor, chance: Tensor, held: Tensor, loose: Tensor) -> Tensor:
    """Log-chance that a normal draw of mean ``held`` and standard deviation ``loose``, turned into
    a share by the normal distribution function, lies between ``below`` and ``below + chance``.

    It is the chance itself where held is 0 and loose 1: so draws may depend on those before, and
    each is still distributed as the shares say (a Gaussian copula).
    """
    ends = (below, below + chance)
    low, high = ((_quantile(end) - held) / loose for end in ends)
    # Beyond the middle shares are near 1, where differences vanish; the other side has them.
    turned = low + high > 0.0
    low, high = torch.where(turned, -high, low), torch.where(turned, -low, high)
    found = torch.special.ndtr(high) - torch.special.ndtr(low)
    return found.clamp_min(_LEAST).log()


def _quantile(share: Tensor) -> Tensor:
    return torch.special.ndtri(share.clamp(_EDGE, 1.0 - _EDGE))


def normal(shape: Sequence[int], rng: torch.Generator, device: torch.device) -> Tensor:
    """Normal draws, the same on every device."""
    return torch.randn(tuple(shape), generator=rng).to(device)
