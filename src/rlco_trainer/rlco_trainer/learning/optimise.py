# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What every optimiser step does: none where anything is not finite; averages that follow."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rlco_core.errors import ConfigError

_LONGEST = 1.0


def apply(
    optimiser: torch.optim.Optimizer,
    parameters: Sequence[Tensor],
    gradients: Sequence[Tensor],
    what: str,
    step: int,
) -> None:
    """One step of ``parameters`` alone along ``gradients``, which are made no longer than 1.

    Raises:
        ConfigError: the gradient of ``what`` is not finite; nothing has moved.
    """
    optimiser.zero_grad(set_to_none=True)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    norm = nn.utils.clip_grad_norm_(parameters, _LONGEST)
    require_finite(f"the gradient of {what}", norm.item(), step)
    optimiser.step()


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float, step: int | None = None) -> None:
    """Moves averaged weights towards the present ones; where the ``step`` is said, they follow
    faster early on.
    """
    if step is not None:
        decay = min(decay, (1.0 + step) / (10.0 + step))
    for mean, value in zip(average.parameters(), model.parameters(), strict=True):
        mean.lerp_(value, 1.0 - decay)


def require_finite(what: str, value: float, step: int) -> None:
    """Raises ConfigError naming what is not finite, before it reaches a checkpoint."""
    if not math.isfinite(value):
        raise ConfigError(
            f"{what} is {value} at step {step}; a smaller learning rate may keep it finite"
        )
