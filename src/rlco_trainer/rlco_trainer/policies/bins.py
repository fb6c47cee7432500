# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The bins that a range of actions is cut into, and what scores of them say."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

BINS = 256


@cache
def blurred(blur: float, device: torch.device) -> Tensor:
    """(BINS, BINS) chances of the bins that are drawn where a row's bin was meant."""
    numbers = torch.arange(BINS, device=device, dtype=torch.float32)
    return (-0.5 * ((numbers[:, None] - numbers) / blur).square()).softmax(-1)


def mean(scores: Tensor) -> Tensor:
    """(...,) the mean, in bins from the lower end, where bins have ``scores`` (..., BINS)."""
    middles = torch.arange(BINS, device=scores.device) + 0.5
    return (scores.softmax(-1) * middles).sum(-1)


def said(scores: Tensor) -> Tensor:
    """(B, 1) bins in which the means lie."""
    return mean(scores).long()[:, None]


def drawn(scores: Tensor, rng: torch.Generator) -> Tensor:
    """(B, 1) bins drawn by their log-probabilities (B, BINS); the same draws on every device."""
    chance = torch.rand((len(scores), 1), generator=rng).to(scores.device)
    below = scores.double().exp().cumsum(-1) < chance
    return below.sum(-1, keepdim=True).clamp_max(BINS - 1)
