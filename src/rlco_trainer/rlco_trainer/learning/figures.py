# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What an iteration of reinforcement learning came to, as numbers worth a curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlco_trainer.learning.collector import Rollout


def means(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Every figure's mean over the rows that have it."""
    names = sorted({name for row in rows for name in row})
    return {name: float(np.mean([row[name] for row in rows if name in row])) for name in names}


def summary(rollout: Rollout) -> dict[str, float]:
    """What a rollout came to; rates are of the first episode of every environment, and one that
    the rollout's end cuts off is no success.
    """
    first = [episode for episode in rollout.episodes if episode.first]
    envs = rollout.reward.shape[1]

    def mean(values: list[float]) -> float:
        return float(np.mean(values)) if values else 0.0

    return {
        "rollout/episodes": float(len(rollout.episodes)),
        "rollout/success": sum(e.success for e in first) / envs,
        "rollout/refused": sum(e.refused for e in first) / envs,
        "rollout/return": mean([e.total for e in first]),
        "rollout/steps": mean([float(e.steps) for e in first]),
    }
