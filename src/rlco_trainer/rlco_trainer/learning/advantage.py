# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Generalised advantage estimation (Schulman et al., arXiv 1506.02438), per decision."""

from __future__ import annotations

import torch
from torch import Tensor


def advantages(
    rewards: Tensor,
    values: Tensor,
    next_values: Tensor,
    terminated: Tensor,
    ended: Tensor,
    gamma: float,
    lam: float,
) -> Tensor:
    """Advantages of T decisions in N environments.

    Args:
        rewards: (T, N).
        values: (T, N), of what was seen before each decision.
        next_values: (T, N), of what was seen after it, before any reset: at a truncation that
            of the last observation.
        terminated: (T, N) bool, the episode came to its own end: nothing follows.
        ended: (T, N) bool, terminated or truncated: the next decision is another episode's.
        gamma: discount per decision.
        lam: lambda, how far advantages look ahead.
    Returns:
        (T, N); returns are these plus ``values``.
    """
    surprise = rewards + gamma * next_values * ~terminated - values
    found = torch.zeros_like(rewards)
    ahead = torch.zeros_like(rewards[0])
    for t in reversed(range(len(rewards))):
        ahead = surprise[t] + gamma * lam * ~ended[t] * ahead
        found[t] = ahead
    return found
