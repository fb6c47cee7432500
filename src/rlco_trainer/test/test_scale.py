# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Scales: what is learned from, what comes back, and what no robot is ever told."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from rlco_trainer.policies.scale import Scale


def fitted(farthest: tuple[float, float] = (math.inf, math.inf)) -> Scale:
    """On actions that go evenly from -1 to 1 in every column."""
    rng = np.random.default_rng(0)
    states = rng.normal(2.0, 3.0, (500, 17)).astype(np.float32)
    actions = np.tile(np.linspace(-1.0, 1.0, 1001, dtype=np.float32)[:, None], (1, 7))
    scale = Scale()
    scale.fit(states, actions, farthest)
    return scale


def directions(count: int = 200) -> Tensor:
    """Answers of a network in all directions, some of them out of bounds."""
    rng = torch.Generator().manual_seed(0)
    return 0.8 * torch.randn((count, 4, 7), generator=rng)


def test_bounds_are_the_first_and_the_last_percentile() -> None:
    rng, scale = np.random.default_rng(1), Scale()
    actions = rng.normal(0.0, 1.0, (5000, 7)).astype(np.float32) * np.arange(1, 8)
    actions = actions.astype(np.float32)
    scale.fit(np.zeros((2, 17), np.float32), actions, (1.0, 1.0))
    below = (actions < scale.action_low.numpy()).mean(axis=0)
    above = (actions > scale.action_high.numpy()).mean(axis=0)
    assert below == pytest.approx(0.01, abs=1e-3)
    assert above == pytest.approx(0.01, abs=1e-3)


def test_a_value_that_never_changes_has_a_scale_all_the_same() -> None:
    scale = Scale()
    states, actions = np.full((9, 17), 0.25, np.float32), np.full((9, 7), 0.5, np.float32)
    scale.fit(states, actions, (1.0, 1.0))
    assert scale.state_std.tolist() == pytest.approx([1e-3] * 17)
    assert scale.action_low.tolist() == pytest.approx([0.499] * 7)
    assert scale.action_high.tolist() == pytest.approx([0.501] * 7)
    assert torch.isfinite(scale.normalise(torch.from_numpy(actions))).all()


def test_states_are_standardised() -> None:
    rng, scale = np.random.default_rng(0), Scale()
    states = (rng.normal(size=(400, 17)) * np.arange(1, 18) + 5.0).astype(np.float32)
    scale.fit(states, np.zeros((2, 7), np.float32), (1.0, 1.0))
    found = scale.state(torch.from_numpy(states))
    assert found.mean(0).tolist() == pytest.approx([0.0] * 17, abs=1e-4)
    assert found.std(0, correction=0).tolist() == pytest.approx([1.0] * 17, rel=1e-4)


def test_there_and_back_changes_nothing_within_the_bounds() -> None:
    scale = fitted()
    actions = 0.97 * (2.0 * torch.rand((50, 8, 7), generator=torch.Generator()) - 1.0)
    torch.testing.assert_close(scale.denormalise(scale.normalise(actions)), actions)
    torch.testing.assert_close(scale.normalise(scale.action_high), torch.ones(7))
    torch.testing.assert_close(scale.normalise(scale.action_low), -torch.ones(7))


def test_beyond_the_bounds_all_is_cut_off() -> None:
    scale = fitted()
    assert scale.normalise(torch.full((7,), 3.0)).tolist() == [1.0] * 7
    assert scale.normalise(torch.full((7,), -3.0)).tolist() == [-1.0] * 7
    torch.testing.assert_close(scale.denormalise(torch.full((7,), 9.0)), scale.action_high)
    torch.testing.assert_close(scale.denormalise(torch.full((7,), -9.0)), scale.action_low)


def test_nothing_is_faster_than_the_robot_may_be() -> None:
    limited, free = fitted((0.5, 0.3)), fitted()
    wished, told = free.denormalise(directions()), limited.denormalise(directions())
    for part, most in ((slice(0, 3), 0.5), (slice(3, 6), 0.3)):
        lengths, before = told[..., part].norm(dim=-1), wished[..., part].norm(dim=-1)
        assert (before > most).float().mean() > 0.5, "the limit is felt"
        assert lengths.max().item() <= most + 1e-6
        torch.testing.assert_close(lengths, before.clamp_max(most))


def test_a_move_that_is_shortened_keeps_its_direction() -> None:
    wished = fitted().denormalise(directions())
    told = fitted((0.5, 0.3)).denormalise(directions())
    for part in (slice(0, 3), slice(3, 6)):
        cosine = torch.cosine_similarity(wished[..., part], told[..., part], dim=-1)
        assert cosine.min().item() > 1.0 - 1e-5


def test_slow_moves_and_the_gripper_are_left_alone() -> None:
    wished = fitted().denormalise(directions())
    told = fitted((0.5, 0.3)).denormalise(directions())
    assert torch.equal(wished[..., 6], told[..., 6])
    slow = wished[..., :3].norm(dim=-1) < 0.499
    assert 0 < slow.sum() < slow.numel()
    assert torch.equal(wished[..., :3][slow], told[..., :3][slow])


def test_standing_still_is_no_division_by_nothing() -> None:
    scale = fitted((0.5, 0.3))
    still = scale.normalise(torch.zeros(7))
    found = scale.denormalise(still)
    assert torch.isfinite(found).all()
    assert found.abs().max().item() < 1e-6
