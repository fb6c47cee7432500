# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A rollout's decisions in a row, with what PPO makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from rlco_trainer.learning.advantage import advantages
from rlco_trainer.learning.collector import Rollout
from rlco_trainer.learning.ppo import Batch
from rlco_trainer.policies.policy import Seen


@dataclass(frozen=True)
class Decisions:
    """B decisions.

    Attributes:
        seen: what they were made on.
        trace: how their actions came about, entries (B, ...).
        batch: what PPO needs to know of them.
    """

    seen: Seen
    trace: Mapping[str, Tensor]
    batch: Batch

    @classmethod
    def of(cls, rollout: Rollout, gamma: float, lam: float) -> Decisions:
        """All of ``rollout``, their advantages normalised over it."""
        found = advantages(
            rollout.reward,
            rollout.value,
            rollout.next_value,
            rollout.terminated,
            rollout.ended,
            gamma,
            lam,
        )
        normal = (found - found.mean()) / (found.std() + 1e-6)
        batch = Batch(
            log_prob=rollout.log_prob.flatten(0, 1),
            counted=rollout.counted.flatten(0, 1),
            advantage=normal.flatten(),
            value=rollout.value.flatten(),
            returns=(found + rollout.value).flatten(),
        )
        return cls(rollout.seen, {k: v.flatten(0, 1) for k, v in rollout.trace.items()}, batch)

    @property
    def explained(self) -> float:
        """Share of the variance of returns that values had foreseen."""
        missed = (self.batch.returns - self.batch.value).var()
        return 1.0 - (missed / (self.batch.returns.var() + 1e-8)).item()

    def __len__(self) -> int:
        return len(self.batch.value)

    def at(self, index: Tensor | slice, device: torch.device) -> Decisions:
        """Those at ``index``, on ``device``."""

        def at(whole: Tensor) -> Tensor:
            return whole[index].to(device)

        batch = Batch(
            **{field.name: at(getattr(self.batch, field.name)) for field in fields(Batch)}
        )
        seen = Seen(*(at(part) for part in self.seen if part is not None))
        return Decisions(seen, {key: at(value) for key, value in self.trace.items()}, batch)
