# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What noise on rows teaches: rows that led to something, and no others."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from small import new
from torch.nn.functional import cosine_similarity

from rlco_trainer.learning.ppo import Batch, PpoConfig, losses
from rlco_trainer.policies.explore import ExploreConfig, explore_by
from rlco_trainer.policies.noise import Shake, cosines, together
from rlco_trainer.policies.policy import Judged

COUNT, ROWS = 20_000, 4


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_a_chunk_that_ended_early_teaches_the_rows_that_were_played(rows: int) -> None:
    mean = torch.zeros(1, ROWS, 1, requires_grad=True)
    std = torch.ones(1, 1, 1)
    shake = Shake.around(mean.expand(COUNT, -1, -1), std.expand(COUNT, ROWS, 1), cosines(ROWS))
    with torch.no_grad():
        actions, trace = shake.draw(0.0, torch.Generator().manual_seed(0), None)
        drawn = shake.judge(trace)[0]
    advantage = actions[:, :rows, 0].sum(1)
    played = (torch.arange(ROWS) < rows).float().expand(COUNT, -1)
    nothing = torch.zeros(COUNT)
    batch = Batch(drawn, together(played), advantage / advantage.std(), nothing, nothing)
    judged = Judged(*shake.judge(trace), nothing)
    losses(judged, batch, PpoConfig()).policy.backward()
    assert mean.grad is not None
    assert cosine_similarity(-mean.grad[0, :, 0], played[0], dim=0).item() > 0.97


@pytest.mark.parametrize(
    ("family", "explore", "whole"),
    [
        ("flow", {"flow": "end"}, True),
        ("flow", {"flow": "noise"}, False),
        ("token", {"token": "mean"}, True),
        ("token", {"token": "sample"}, False),
    ],
)
def test_waves_count_together_and_rows_each(
    family: str, explore: dict[str, Any], whole: bool
) -> None:
    policy = new(family)
    explore_by(policy, ExploreConfig(**explore))
    played = torch.tensor([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    counted = policy.counted(played)
    assert torch.equal(counted, torch.ones(2, 4) if whole else played)
