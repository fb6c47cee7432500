# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""PPO's objective: by hand, where gradients must vanish, and on a problem with a known answer."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from rlco_trainer.learning.ppo import Batch, PpoConfig, losses, value_loss
from rlco_trainer.policies.policy import Judged


def batch(advantage: list[float], rows: int = 1, parts: int = 1) -> Batch:
    count = len(advantage)
    return Batch(
        log_prob=torch.zeros(count, rows, parts),
        counted=torch.ones(count, rows),
        advantage=torch.tensor(advantage),
        value=torch.zeros(count),
        returns=torch.zeros(count),
    )


def judged(log_prob: Tensor) -> Judged:
    return Judged(log_prob, torch.zeros_like(log_prob), torch.zeros(len(log_prob)))


def test_the_objective_is_the_lesser_of_ratio_and_clipped_ratio() -> None:
    change = torch.tensor([1.5, 1.5, 0.5, 0.5]).log()[:, None, None]
    found = losses(judged(change), batch([1.0, -1.0, 1.0, -1.0]), PpoConfig(ratio="chunk"))
    assert found.policy.item() == pytest.approx(-(1.2 - 1.5 + 0.5 - 0.8) / 4)
    assert found.clipped.item() == 1.0


@pytest.mark.parametrize(("change", "advantage"), [(1.5, 1.0), (0.5, -1.0)])
def test_beyond_the_clip_nothing_pulls_further(change: float, advantage: float) -> None:
    log_prob = torch.full((1, 1, 1), math.log(change), requires_grad=True)
    losses(judged(log_prob), batch([advantage]), PpoConfig()).policy.backward()
    assert log_prob.grad is not None
    assert log_prob.grad.item() == 0.0


def test_a_bad_decision_that_became_far_likelier_outweighs_no_batch() -> None:
    log_prob = torch.tensor([9.0, 0.0])[:, None, None]
    found = losses(judged(log_prob), batch([-1.0, -1.0]), PpoConfig())
    assert found.policy.item() == pytest.approx((3.0 + 1.0) / 2)


def test_a_change_beyond_measure_counts_as_one_of_a_nat() -> None:
    log_prob = torch.tensor([9.0, 0.0])[:, None, None]
    found = losses(judged(log_prob), batch([1.0, 1.0]), PpoConfig())
    assert found.kl.item() == pytest.approx((math.e - 2.0) / 2)


def test_rows_that_were_not_played_do_not_count() -> None:
    log_prob = torch.zeros(1, 2, 3, requires_grad=True)
    some = batch([1.0], rows=2, parts=3)
    half = Batch(
        some.log_prob, torch.tensor([[1.0, 0.0]]), some.advantage, some.value, some.returns
    )
    losses(judged(log_prob), half, PpoConfig()).policy.backward()
    assert log_prob.grad is not None
    assert (log_prob.grad[0, 0] != 0.0).all()
    assert (log_prob.grad[0, 1] == 0.0).all()


def test_a_value_gains_nothing_from_leaving_the_clip() -> None:
    value = torch.tensor([0.5], requires_grad=True)
    some = batch([0.0])
    aim = Batch(some.log_prob, some.counted, some.advantage, torch.zeros(1), torch.ones(1))
    value_loss(value, aim, PpoConfig(value_clip=0.2)).backward()
    assert value.grad is not None
    assert value.grad.item() == 0.0


def test_it_finds_the_better_arm_of_a_bandit() -> None:
    """Two arms that pay 1 with chances 0.3 and 0.6: the policy must settle on the second."""
    rng = torch.Generator().manual_seed(0)
    scores = torch.zeros(2, requires_grad=True)
    optimiser = torch.optim.Adam([scores], 0.05)
    for _ in range(60):
        chances = scores.detach().softmax(0)
        arms = torch.multinomial(chances.expand(64, 2), 1, generator=rng)
        paid = (torch.rand(64, generator=rng) < torch.tensor([0.3, 0.6])[arms[:, 0]]).float()
        old = chances.log()[arms][:, None]
        some = batch(((paid - paid.mean()) / (paid.std() + 1e-6)).tolist())
        stored = Batch(old, some.counted, some.advantage, some.value, some.returns)
        for _ in range(4):
            now = scores.log_softmax(0)[arms][:, None]
            optimiser.zero_grad()
            losses(judged(now), stored, PpoConfig()).policy.backward()
            optimiser.step()
    assert scores.softmax(0)[1].item() > 0.9
