# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Scales of states and actions, as part of a network: what it sees and says is about 1."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rlco_core.proprioception import SIZE as STATE_SIZE
from rlco_core.types import ACTION_COLUMNS

ACTION_SIZE = len(ACTION_COLUMNS)
_SMALLEST_STD = 1e-3
_SMALLEST_HALF_RANGE = 1e-3
_QUANTILES = (0.01, 0.99)


class Scale(nn.Module):
    """Standardises states; maps actions between their quantiles to [-1, 1].

    Actions beyond the quantiles are cut off, and a translation or rotation that would be too
    fast for the robot is shortened, so that whatever a network says, the robot may do.
    """

    state_mean: Tensor
    state_std: Tensor
    action_low: Tensor
    action_high: Tensor
    farthest: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("state_mean", torch.zeros(STATE_SIZE))
        self.register_buffer("state_std", torch.ones(STATE_SIZE))
        self.register_buffer("action_low", -torch.ones(ACTION_SIZE))
        self.register_buffer("action_high", torch.ones(ACTION_SIZE))
        #: Longest translation (m) and rotation (rad) of one action.
        self.register_buffer("farthest", torch.full((2,), torch.inf))

    def fit(
        self,
        states: NDArray[np.float32],
        actions: NDArray[np.float32],
        farthest: tuple[float, float],
    ) -> None:
        """Takes the scales of ``states`` (N, 17) and ``actions`` (N, 7)."""
        low, high = np.quantile(actions, _QUANTILES, axis=0)
        middle, half = 0.5 * (low + high), np.maximum(0.5 * (high - low), _SMALLEST_HALF_RANGE)
        values = {
            "state_mean": states.mean(axis=0),
            "state_std": np.maximum(states.std(axis=0), _SMALLEST_STD),
            "action_low": middle - half,
            "action_high": middle + half,
            "farthest": farthest,
        }
        for name, value in values.items():
            getattr(self, name).copy_(torch.from_numpy(np.asarray(value, dtype=np.float32)))

    def state(self, state: Tensor) -> Tensor:
        """Proprioception (..., 17) -> standardised."""
        return (state - self.state_mean) / self.state_std

    def normalise(self, actions: Tensor) -> Tensor:
        """Action units (..., 7) -> [-1, 1], cut off."""
        span = self.action_high - self.action_low
        return (2.0 * (actions - self.action_low) / span - 1.0).clamp(-1.0, 1.0)

    def denormalise(self, values: Tensor) -> Tensor:
        """[-1, 1] (..., 7), cut off -> action units, none too fast."""
        span = self.action_high - self.action_low
        actions = self.action_low + 0.5 * (values.clamp(-1.0, 1.0) + 1.0) * span
        parts = (actions[..., :3], actions[..., 3:6])
        moves = [_shortened(part, most) for part, most in zip(parts, self.farthest, strict=True)]
        return torch.cat([*moves, actions[..., 6:]], dim=-1)


def _shortened(moves: Tensor, most: Tensor) -> Tensor:
    """Vectors (..., 3) of at most that length."""
    length = moves.square().sum(-1, keepdim=True).sqrt()
    return moves * (most / length.clamp_min(1e-9)).clamp_max(1.0)
