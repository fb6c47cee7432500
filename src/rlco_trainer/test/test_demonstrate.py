# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One demonstration: what is recorded, what is played, and what disturbs it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rlco_core.errors import ConfigError, RlcoError
from rlco_trainer.demonstrate import Demonstration, Demonstrator, Disturbance

STILL = np.zeros(7, np.float32)


@pytest.fixture(scope="module")
def demonstrator() -> Demonstrator:
    return Demonstrator("push_cube", "twin", "panda", 1.0)


def test_every_period_has_an_image_a_state_and_an_action(demonstration: Demonstration) -> None:
    length = len(demonstration.actions)
    assert 20 < length < 120
    assert demonstration.images.shape == (length, 64, 64, 3)
    assert demonstration.states.shape == (length, 10)
    assert demonstration.actions.shape == (length, 7)
    dtypes = (demonstration.images.dtype, demonstration.states.dtype, demonstration.actions.dtype)
    assert dtypes == (np.uint8, np.float32, np.float32)
    assert demonstration.success
    assert demonstration.seed == 7
    assert demonstration.subject in demonstration.instruction


def test_images_and_states_move_with_the_arm(demonstration: Demonstration) -> None:
    travelled = np.linalg.norm(np.diff(demonstration.states[:, :3], axis=0), axis=1)
    assert 0.2 < travelled.sum() < 2.0
    assert travelled.max() < 0.05
    changed = (np.diff(demonstration.images.astype(int), axis=0) != 0).any(axis=(1, 2, 3))
    assert changed.mean() > 0.9


def test_the_same_seed_is_the_same_whatever_ran_before(demonstrator: Demonstrator) -> None:
    first = demonstrator.run(3)
    other = demonstrator.run(4)
    again = demonstrator.run(3)
    assert other.actions.shape != first.actions.shape or (other.actions != first.actions).any()
    assert (first.images == again.images).all()
    assert (first.states == again.states).all()
    assert (first.actions == again.actions).all()


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[NDArray[np.float32]]:
    """The actions that demonstrators really play."""
    actions: list[NDArray[np.float32]] = []
    play = Demonstrator._play

    def note(self: Demonstrator, action: NDArray[np.float32], seed: int) -> None:
        actions.append(action)
        play(self, action, seed)

    monkeypatch.setattr(Demonstrator, "_play", note)
    return actions


def test_what_is_recorded_is_the_experts_wish_not_the_disturbance(
    played: list[NDArray[np.float32]], demonstrator: Demonstrator
) -> None:
    demonstration = demonstrator.run(7)
    different = (np.stack(played) != demonstration.actions).any(axis=1)
    assert 0 < different.sum() < 0.6 * len(played)
    # Only the translation is disturbed, never turn or gripper.
    assert (np.stack(played)[:, 3:] == demonstration.actions[:, 3:]).all()


def test_without_strength_what_is_played_is_what_is_recorded(
    played: list[NDArray[np.float32]],
) -> None:
    calm = Demonstrator("push_cube", "twin", "panda", 0.0).run(7)
    assert (np.stack(played) == calm.actions).all()


def test_an_experts_action_that_is_refused_is_an_error_with_its_seed(
    monkeypatch: pytest.MonkeyPatch, demonstrator: Demonstrator
) -> None:
    monkeypatch.setattr(
        type(demonstrator._session.task), "expert", lambda self, target: np.full(7, 0.5)
    )
    with pytest.raises(RlcoError, match=r"seed 3: the expert's action was refused.*m/s asked"):
        demonstrator.run(3)


def test_an_expert_that_never_arrives_is_a_failure_at_the_step_limit(
    monkeypatch: pytest.MonkeyPatch, demonstrator: Demonstrator
) -> None:
    monkeypatch.setattr(
        type(demonstrator._session.task), "expert", lambda self, target: STILL.copy()
    )
    monkeypatch.setattr(type(demonstrator._session.task), "max_steps", 9)
    demonstration = demonstrator.run(3)
    assert not demonstration.success
    assert len(demonstration.actions) == 9


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ConfigError, match="unknown task 'juggle'"):
        Demonstrator("juggle", "twin", "panda", 0.0)


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


def test_disturbing_leaves_the_given_action_alone() -> None:
    disturbance, action = Disturbance(1, 1.0), STILL.copy()
    for _ in range(100):
        disturbance.apply(action)
    assert not action.any()
