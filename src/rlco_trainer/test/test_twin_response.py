# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How an arm follows: read off demonstrations, and found again in a twin."""

from __future__ import annotations

import numpy as np
import pytest

from rlco_core.errors import ConfigError
from rlco_core.kinematics import Kinematics
from rlco_core.proprioception import Posture, proprioception
from rlco_core.robot import RobotConfig
from rlco_sim.domain import Domain
from rlco_sim.settings import Settings
from rlco_trainer.twin.response import Episode, Response, Rig, respond_alike

PANDA = RobotConfig.load("panda")
TWIN = Domain.load("twin").typical()


def told(seed: int, steps: int = 50) -> Episode:
    """An episode in which nothing has happened yet but what the arm is told."""
    rng = np.random.default_rng(seed)
    actions = np.zeros((steps, 7), np.float32)
    actions[:, :3] = rng.uniform(-0.01, 0.01, (steps // 2, 3)).repeat(2, axis=0)
    actions[:, 6] = np.arange(steps) < steps // 2
    kinematics = Kinematics(PANDA)
    home = Posture(kinematics.home, 1.0)
    start = proprioception(kinematics, home, home).astype(float)
    return Episode(np.zeros((steps, 3)), np.zeros(steps), actions, start)


def played(settings: Settings) -> list[Episode]:
    with Rig(PANDA) as rig:
        return [rig.play(told(seed), settings, seed) for seed in range(3)]


def test_a_stiff_arm_that_is_seen_at_once_does_what_it_is_told() -> None:
    response = Response.of(played(TWIN))
    assert response.weights[:2].sum() == pytest.approx(1.0, abs=0.02)
    assert response.weights[2:] == pytest.approx(0.0, abs=0.02)
    # 0.1 m/s, of 0.04 m for each finger.
    assert response.gripper == pytest.approx(0.1 * 0.05 / 0.04, abs=0.01)


def test_an_arm_that_is_seen_two_periods_late_follows_two_periods_later() -> None:
    timing = TWIN.timing.model_copy(update={"latency": 0.1})
    late = Response.of(played(TWIN.model_copy(update={"timing": timing})))
    assert late.seconds == pytest.approx(Response.of(played(TWIN)).seconds + 0.1, abs=5e-3)


def test_an_arm_is_found_that_follows_alike() -> None:
    real = Domain.load("stand_in").typical()
    episodes = played(real)
    sections, said = respond_alike(episodes, PANDA, TWIN)
    assert "ms late" in said
    found = TWIN.model_copy(
        update={
            name: getattr(TWIN, name).model_copy(update=keys) for name, keys in sections.items()
        }
    )
    wanted, ours = Response.of(episodes), Response.of(played(found))
    before = Response.of(played(TWIN))
    assert ours.weights == pytest.approx(wanted.weights, abs=0.15)
    assert np.abs(before.weights - wanted.weights).max() > 0.5
    assert ours.seconds == pytest.approx(wanted.seconds, abs=0.02)
    assert found.gripper.speed == pytest.approx(real.gripper.speed, rel=0.2)


def test_pushes_that_nobody_wanted_do_not_change_what_is_read_off() -> None:
    episodes = played(TWIN)
    rng = np.random.default_rng(0)
    for episode in episodes:
        episode.places[rng.choice(len(episode.places), 4, replace=False)] += 0.02
    assert Response.of(episodes).weights[:2].sum() == pytest.approx(1.0, abs=0.05)


def test_episodes_in_which_an_arm_hardly_moves_tell_nothing() -> None:
    with pytest.raises(ConfigError, match="no demonstration is longer than 8 frames"):
        respond_alike([told(0, steps=8)], PANDA, TWIN)
