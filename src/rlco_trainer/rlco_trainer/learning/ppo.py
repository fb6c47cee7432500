# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The clipped objective of PPO (Schulman et al., arXiv 1707.06347) over action chunks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from rlco_trainer.policies.policy import Judged
from rlco_trainer.settings import require_least, require_positive

#: A decision that was bad pulls no harder than as if it had become three times as likely (dual
#: clip, Ye et al., arXiv 1912.09729): one sample must not outweigh a batch.
_MOST = math.log(3.0)


@dataclass(frozen=True)
class PpoConfig:
    """What the objective is.

    Attributes:
        clip: how far a ratio may be from 1.
        value_clip: how far a value may move from the rollout's in one update; a head that begins
            with nothing has the scale of returns to go.
        huber: where the value loss turns from square to linear.
        entropy: weight of the entropy bonus.
        ratio: of a whole chunk, or of each of its parts (tokens, or entries of a flow's rows).
    """

    clip: float = 0.2
    value_clip: float = 1.0
    huber: float = 10.0
    entropy: float = 0.0
    ratio: Literal["chunk", "part"] = "part"

    def __post_init__(self) -> None:
        require_positive(self, "clip", "value_clip", "huber")
        require_least(self, 0.0, "entropy")


@dataclass(frozen=True)
class Batch:
    """Stored decisions, B in all.

    Attributes:
        log_prob: (B, execute, parts), of the rollout.
        counted: (B, execute) float, 1 for log-probabilities that count, see ``Policy``.
        advantage: (B,), normalised.
        value: (B,), of the rollout.
        returns: (B,).
    """

    log_prob: Tensor
    counted: Tensor
    advantage: Tensor
    value: Tensor
    returns: Tensor


@dataclass(frozen=True)
class Losses:
    """The objective and what is worth a curve.

    Attributes:
        policy: the loss of the policy.
        entropy: of the policy.
        clipped: share of ratios beyond the clip.
        kl: estimate of KL(rollout || now) per decision, nats (Schulman's k3, part by part and no
            ratio beyond e: where a gripper closes, one that closes a row earlier would outweigh
            everything else).
    """

    policy: Tensor
    entropy: Tensor
    clipped: Tensor
    kl: Tensor

    def total(self, config: PpoConfig) -> Tensor:
        """What is minimised."""
        return self.policy - config.entropy * self.entropy

    def figures(self) -> dict[str, float]:
        """What is worth a curve, by name."""
        return {
            "policy_loss": self.policy.item(),
            "entropy": self.entropy.item(),
            "clipped": self.clipped.item(),
            "kl": self.kl.item(),
        }


def losses(judged: Judged, batch: Batch, config: PpoConfig) -> Losses:
    """The policy's loss of stored decisions under the present weights."""
    counted = batch.counted[..., None]
    change = (judged.log_prob - batch.log_prob) * counted
    if config.ratio == "chunk":
        log_ratio = change.sum((1, 2))
        weight = torch.ones_like(log_ratio)
        advantage = batch.advantage
    else:
        log_ratio, weight = change, counted.expand_as(change)
        advantage = batch.advantage[:, None, None]
    ratio = log_ratio.clamp(max=_MOST).exp()
    kept = ratio.clamp(1.0 - config.clip, 1.0 + config.clip)
    gain = torch.minimum(ratio * advantage, kept * advantage)
    parts = weight.sum()
    entropy = (judged.entropy * counted).sum() / counted.expand_as(judged.entropy).sum()
    return Losses(
        policy=-(gain * weight).sum() / parts,
        entropy=entropy,
        clipped=(((ratio - kept).abs() > 0).float() * weight).sum().detach() / parts,
        kl=_divergence(change).detach(),
    )


def _divergence(change: Tensor) -> Tensor:
    """See ``Losses.kl``; ``change`` (B, execute, parts) of log-probabilities."""
    change = change.clamp(-1.0, 1.0)
    return (change.exp() - 1.0 - change).sum((1, 2)).mean()


def value_loss(value: Tensor, batch: Batch, config: PpoConfig) -> Tensor:
    """Of values (B,), the worse of the losses with and without the clip."""
    kept = batch.value + (value - batch.value).clamp(-config.value_clip, config.value_clip)
    free = functional.huber_loss(value, batch.returns, reduction="none", delta=config.huber)
    held = functional.huber_loss(kept, batch.returns, reduction="none", delta=config.huber)
    return torch.maximum(free, held).mean()
