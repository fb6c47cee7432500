# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How a person's way differs from the bare expert's: pace, pauses, detours, slips made good."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest
from numpy.typing import NDArray

from rlco_trainer.demonstrations.demonstrate import Demonstrator, World
from rlco_trainer.demonstrations.humanlike import Disturbance, HumanStyle, Stray

STILL = np.zeros(7, np.float32)
FORWARD = np.array([0.01, 0.0, 0.0, 0.0, 0.0, 0.04, 0.5], np.float32)
LOW, HIGH = (pin.SE3(np.eye(3), np.array([0.5, 0.0, z])) for z in (0.05, 0.4))


@pytest.fixture(scope="module")
def demonstrator() -> Demonstrator:
    return Demonstrator(World("push_cube", "twin", "panda"), 1.0, 1.0)


def wishes(style: HumanStyle, action: NDArray, target: pin.SE3, steps: int) -> NDArray:
    return np.stack([style.wish(action, target) for _ in range(steps)])


def runs(mask: NDArray) -> NDArray:
    """Lengths of the runs of True, that at the end left out."""
    edges = np.flatnonzero(np.diff(mask.astype(int), prepend=0))
    edges = edges[: len(edges) // 2 * 2]
    return edges[1::2] - edges[::2]


def test_everyone_has_a_pace_of_their_own_and_keeps_it() -> None:
    paces = []
    for seed in range(60):
        wished = wishes(HumanStyle(seed, 1.0), FORWARD, LOW, 100)
        moving = wished[wished[:, 0] > 0.0]
        assert np.ptp(moving, axis=0).max() == 0.0
        assert moving[0, 5] / FORWARD[5] == pytest.approx(moving[0, 0] / FORWARD[0])
        paces.append(moving[0, 0] / FORWARD[0])
    assert 0.70 <= min(paces) < 0.75
    assert 1.05 < max(paces) <= 1.10


def test_pauses_are_rare_and_short_and_keep_the_gripper() -> None:
    wished = wishes(HumanStyle(3, 1.0), FORWARD, LOW, 20_000)
    paused = ~wished[:, :6].any(axis=1)
    assert (wished[:, 6] == FORWARD[6]).all()
    # 0.6% chance per moving step and 7.5 steps on average.
    assert 0.02 < paused.mean() < 0.08
    lengths = runs(paused)
    assert lengths.min() == 4
    assert np.median(lengths) < 12


def test_detours_are_for_the_free_hand() -> None:
    low = wishes(HumanStyle(5, 1.0), STILL, LOW, 200)
    high = wishes(HumanStyle(5, 1.0), STILL, HIGH, 200)
    assert not low.any()
    assert 0.001 < np.abs(high[:, :3]).max() <= 0.004
    assert not high[:, 3:].any()
    # To and fro, so that a detour leads nowhere in the end.
    assert (np.sign(high[:, 0]) == 1.0).any()
    assert (np.sign(high[:, 0]) == -1.0).any()


def test_nobody_outruns_the_limit_of_speed() -> None:
    fast = np.array([0.02, 0.02, -0.02, 0.0, 0.0, 0.0, 1.0], np.float32)
    for seed in range(20):
        wished = wishes(HumanStyle(seed, 1.0), fast, HIGH, 100)
        assert np.linalg.norm(wished[:, :3], axis=1).max() <= 0.024 + 1e-6


def test_a_style_follows_its_seed_alone() -> None:
    once, again, other = (wishes(HumanStyle(seed, 1.0), FORWARD, HIGH, 300) for seed in (8, 8, 9))
    assert (once == again).all()
    assert np.abs(once - other).max() > 1e-4


def test_strength_is_how_far_a_style_is_from_the_expert() -> None:
    bare = HumanStyle(8, 0.0)
    fast = np.full(7, 0.5, np.float32)
    assert (wishes(bare, fast, HIGH, 500) == fast).all()
    half, full = (HumanStyle(8, strength).wish(FORWARD, LOW) for strength in (0.5, 1.0))
    assert half[0] - FORWARD[0] == pytest.approx(0.5 * (full[0] - FORWARD[0]), rel=1e-3)


def test_the_experts_action_is_left_alone() -> None:
    action = FORWARD.copy()
    wishes(HumanStyle(1, 1.0), action, HIGH, 500)
    disturbance = Disturbance(1, 1.0)
    for _ in range(500):
        disturbance.apply(action)
    assert (action == FORWARD).all()


def test_disturbances_are_bursts_of_bounded_steps() -> None:
    disturbance = Disturbance(1, 1.0)
    played = np.stack([disturbance.apply(STILL) for _ in range(4000)])
    pushed = played.any(axis=1)
    edges = np.flatnonzero(np.diff(pushed.astype(int), prepend=0, append=0))
    lengths = edges[1::2] - edges[::2]
    assert np.abs(played[:, :3]).max() <= 0.010
    assert lengths.min() >= 3
    # 4% chance per calm step and 5.5 steps on average make a fifth or so.
    assert 0.12 < pushed.mean() < 0.25


def test_a_burst_takes_the_place_of_the_translation() -> None:
    disturbance = Disturbance(1, 1.0)
    played = np.stack([disturbance.apply(np.ones(7, np.float32)) for _ in range(300)])
    pushed = (played != 1.0).any(axis=1)
    assert pushed.any()
    assert np.abs(played[pushed, :3]).max() <= 0.010
    assert (played[:, 3:] == 1.0).all()


def test_a_burst_keeps_its_direction_and_grows_with_the_strength() -> None:
    single, double = Disturbance(1, 1.0), Disturbance(1, 2.0)
    once = np.stack([single.apply(STILL) for _ in range(300)])
    twice = np.stack([double.apply(STILL) for _ in range(300)])
    assert twice == pytest.approx(2.0 * once)
    start = int(np.flatnonzero(once.any(axis=1))[0])
    assert (once[start : start + 3] == once[start]).all()


def test_no_strength_is_no_disturbance() -> None:
    disturbance, action = Disturbance(1, 0.0), np.ones(7, np.float32)
    assert all((disturbance.apply(action) == action).all() for _ in range(500))


def test_bursts_follow_their_seed_alone() -> None:
    def played(seed: int) -> NDArray:
        disturbance = Disturbance(seed, 1.0)
        return np.stack([disturbance.apply(STILL) for _ in range(300)])

    assert (played(2) == played(2)).all()
    assert (played(2) != played(3)).any()


def test_slips_are_made_good(demonstrator: Demonstrator) -> None:
    """What is wished after a slip leads back: most episodes come to their end all the same."""
    made = [demonstrator.run(seed) for seed in range(40, 50)]
    slipped = [one for one in made if (one.played != one.actions).any(axis=1).sum() >= 5]
    assert len(slipped) >= 5
    for one in slipped:
        assert np.abs((one.actions - one.played)[:, :3].sum(axis=0)).max() > 0.005
    assert sum(one.success for one in slipped) >= 0.8 * len(slipped)


def strayed_by(seed: int) -> float:
    target = pin.SE3(HIGH)
    for action in Stray(seed, 0.5).actions(lambda: target):
        assert np.linalg.norm(action[:3]) <= 0.02 + 1e-6
        assert action[6] in (0.0, 1.0)
        target.translation = target.translation + action[:3]
    return float(np.linalg.norm(target.translation - HIGH.translation))


def test_an_arm_strays_as_often_as_it_is_told_and_arrives_where_it_went() -> None:
    ways = [strayed_by(seed) for seed in range(200)]
    strayed = np.array(ways) > 0.0
    assert 0.4 < strayed.mean() < 0.6
    assert np.median(np.array(ways)[strayed]) > 0.15
    assert not list(Stray(3, 0.0).actions(lambda: HIGH))
