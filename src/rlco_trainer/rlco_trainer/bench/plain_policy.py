# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The network of Stable-Baselines3's ``CnnPolicy`` as reinforcement learning here takes it.

For ``rlco bench train`` alone: it sees the image and nothing else, and moves in three directions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from rlco_trainer.bench.sim_speed import CALM
from rlco_trainer.policies.policy import Before, Judged, Sample, Seen, Trace

_FEATURES, _HIDDEN, _MOVES = 512, 64, 3
_OPENING = 0.5


class PlainPolicy(nn.Module):
    """Three convolutions (Mnih et al. 2015) that stay as they are; an actor and a critic of two
    layers each, and a normal distribution whose spread does not depend on what is seen.
    """

    execute = 1

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, 8, 4),
            nn.ReLU(),
            nn.Conv2d(32, 64, 4, 2),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, 1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64 * 4 * 4, _FEATURES),
            nn.ReLU(),
        )
        self.actor, self.value = _head(_MOVES), _head(1)
        self.log_std = nn.Parameter(torch.zeros(_MOVES))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.log_std.device

    def counted(self, played: Tensor) -> Tensor:
        """See ``Policy``."""
        return played

    def reinforced_parameters(self) -> list[nn.Parameter]:
        """What is trained, without the critic."""
        return [*self.actor.parameters(), self.log_std]

    def see(self, image: Tensor, state: Tensor, words: Tensor, mask: Tensor) -> Seen:
        """Images (B, 64, 64, 3) uint8 -> context (B, 1, 512); the rest is not looked at."""
        pixels = image.permute(0, 3, 1, 2).float() / 255.0
        return Seen(self.features(pixels)[:, None], state)

    def values(self, seen: Seen) -> Tensor:
        """(B,) expected returns."""
        value: Tensor = self.value(seen.context[:, 0])
        return value.squeeze(-1)

    def sample(self, seen: Seen, rng: torch.Generator, before: Before | None = None) -> Sample:
        """Moves (B, 3) of the end effector, drawn at random; 1 is CALM."""
        mean = self.actor(seen.context[:, 0])
        moves = mean + self.log_std.exp() * torch.randn(mean.shape, generator=rng)
        trace = {"moves": moves}
        judged = self.evaluate(seen, trace)
        actions = torch.zeros(len(moves), self.execute, 7)
        actions[:, 0, :_MOVES] = CALM * moves.clamp(-1.0, 1.0)
        actions[..., -1] = _OPENING
        return Sample(actions, trace, judged.log_prob, judged.value)

    def evaluate(self, seen: Seen, trace: Trace) -> Judged:
        """Scores stored moves; parts are the three directions."""
        chances = Normal(self.actor(seen.context[:, 0]), self.log_std.exp())
        log_prob = chances.log_prob(trace["moves"])
        return Judged(log_prob[:, None], chances.entropy()[:, None], self.values(seen))


def _head(outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(_FEATURES, _HIDDEN),
        nn.Tanh(),
        nn.Linear(_HIDDEN, _HIDDEN),
        nn.Tanh(),
        nn.Linear(_HIDDEN, outputs),
    )
