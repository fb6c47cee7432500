# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Normal noise, how likely it is, and how it spreads over the rows of a chunk."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

HALF_LOG_TAU = 0.5 * math.log(2.0 * math.pi)
#: How much larger than its deviation a shake is in what rows have in common, and in what each has
#: of its own: about as much noise in all as if none were shared.
_COMMON, _OWN = 1.9, 0.4


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


def together(played: Tensor) -> Tensor:
    """(B, rows), 1 for the waves that count where rows (B, rows) were played: all, if any was, as
    each wave is in every row.
    """
    return played.amax(1, keepdim=True).expand_as(played)


@dataclass(frozen=True)
class Shake:
    """Normal noise on the rows of a chunk: what a policy plays when it tries things out.

    Most of it is what the rows have in common: as displacements add up, it moves the arm further
    than rows that shake each their own way, and what it leads to tells more. For the same reason
    some of it can stay on from one decision to the next, which would else undo it.

    Attributes:
        waves: (rows, rows) over the rows, see ``cosines``; the first is what all have in common.
        mean, std: (B, rows, N), around what, and how far; of waves.
    """

    waves: Tensor
    mean: Tensor
    std: Tensor

    @classmethod
    def around(cls, mean: Tensor, std: Tensor, waves: Tensor) -> Shake:
        """The noise of rows (B, rows, N) that are played around ``mean``, by about ``std``."""
        shares = torch.full((len(waves), 1), _OWN, device=mean.device)
        shares[0] = _COMMON
        return cls(waves, exactly(waves, mean), shares * std)

    def draw(
        self, hold: float, rng: torch.Generator, before: tuple[Mapping[str, Tensor], Tensor] | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Rows (B, rows, N), and what tells how they came about.

        Args:
            hold: share of the noise that stays on from the decision before.
            rng: of the draws.
            before: how the decision before came about, and (B,) where there was none.
        """
        draws = normal(self.mean.shape, rng, self.mean.device)
        held, loose = torch.zeros_like(draws), torch.ones_like(draws)
        if before is not None:
            alone = before[1][:, None, None]
            held = torch.where(alone, 0.0, hold * before[0]["noise"])
            loose = torch.where(alone, 1.0, math.sqrt(1.0 - hold**2)).expand_as(draws)
        noise = held + loose * draws
        waves = self.mean + self.std * noise
        return exactly(self.waves.T, waves), {
            "waves": waves,
            "noise": noise,
            "held": held,
            "loose": loose,
        }

    def judge(self, trace: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Log-density and entropy (B, rows, N) of the waves of ``trace``, given the noise that
        stayed on.
        """
        std = self.std * trace["loose"]
        log_prob = gaussian(trace["waves"], self.mean + self.std * trace["held"], std)
        return log_prob, std.log() + 0.5 + HALF_LOG_TAU
