# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One demonstration: what is recorded, and what is played."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rlco_core.errors import ConfigError, RlcoError
from rlco_core.motion import ActionPath, Command
from rlco_sim.camera import project
from rlco_sim.domain import Domain
from rlco_trainer.demonstrations.demonstrate import Demonstration, Demonstrator, World

STILL = np.zeros(7, np.float32)
TWIN = World("push_cube", "twin", "panda")


@pytest.fixture(scope="module")
def demonstrator() -> Demonstrator:
    return Demonstrator(TWIN, 0.0, 1.0)


def test_every_period_has_an_image_a_state_and_an_action(demonstration: Demonstration) -> None:
    length = len(demonstration.actions)
    assert 20 < length < 120
    assert demonstration.images.shape == (length, 64, 64, 3)
    assert demonstration.states.shape == (length, 17)
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


@pytest.mark.parametrize("domain", ["twin", "stand_in"])
def test_the_subject_is_pointed_at_where_the_image_has_its_colour(domain: str) -> None:
    demonstration = Demonstrator(World("push_cube", domain, "panda"), 0.0, 0.0).run(0)
    u, v = np.rint(demonstration.points[0, 1]).astype(int)
    patch = demonstration.images[0, v - 1 : v + 2, u - 1 : u + 2].mean((0, 1))
    assert ("red", "green", "blue")[patch.argmax()] == demonstration.subject


def test_points_are_as_late_as_the_images_and_states() -> None:
    world = World("open_drawer", "stand_in", "panda")
    demonstration = Demonstrator(world, 0.0, 0.0).run(0)
    camera = Domain.load("stand_in").draw(0, 1.0).camera
    seen = project(camera, demonstration.states[:, :3].astype(float))
    assert demonstration.points[:, 0] == pytest.approx(seen, abs=0.01)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[NDArray[np.float32]]:
    """The actions that are really played."""
    actions: list[NDArray[np.float32]] = []
    step = ActionPath.step

    def note(self: ActionPath, action: NDArray[np.float32]) -> Command:
        actions.append(action)
        return step(self, action)

    monkeypatch.setattr(ActionPath, "step", note)
    return actions


def test_what_is_recorded_is_the_experts_wish_not_the_disturbance(
    played: list[NDArray[np.float32]], demonstrator: Demonstrator
) -> None:
    demonstration = demonstrator.run(7)
    assert (np.stack(played) == demonstration.played).all()
    different = (demonstration.played != demonstration.actions).any(axis=1)
    assert 0 < different.sum() < 0.6 * len(played)
    # Only the translation is disturbed, never turn or gripper.
    assert (demonstration.played[:, 3:] == demonstration.actions[:, 3:]).all()


def test_without_strength_what_is_played_is_what_is_recorded(
    played: list[NDArray[np.float32]],
) -> None:
    calm = Demonstrator(TWIN, 0.0, 0.0).run(7)
    assert (np.stack(played) == calm.actions).all()
    assert (calm.played == calm.actions).all()


def test_a_human_style_is_part_of_the_wish(demonstration: Demonstration) -> None:
    human = Demonstrator(TWIN, 1.0, 0.0).run(7)
    assert (human.played == human.actions).all()
    assert human.success
    assert human.actions.shape != demonstration.actions.shape or (
        np.abs(human.actions - demonstration.actions).max() > 1e-3
    )


def test_who_strayed_is_shown_the_way_from_there() -> None:
    home, strayed = (Demonstrator(TWIN, 0.0, 0.0, chance).run(7) for chance in (0.0, 1.0))
    assert strayed.success
    assert np.linalg.norm(strayed.states[0, :3] - home.states[0, :3]) > 0.05
    # The same scene, and nothing of the way there is recorded.
    assert strayed.instruction == home.instruction
    assert (strayed.played == strayed.actions).all()


def test_the_wish_is_what_the_expert_says_of_what_is_there(demonstrator: Demonstrator) -> None:
    """Played again in a session of its own, the expert says the same at every step."""
    demonstration, session = demonstrator.run(7), TWIN.session()
    session.reset(7)
    path = ActionPath(session.robot, 0.05)
    path.reset(session.joint_positions, session.gripper_opening)
    for wanted, played, state in zip(
        demonstration.actions, demonstration.played, demonstration.states, strict=True
    ):
        assert (session.proprioception() == state).all()
        assert (session.task.expert(path.target, session.gripper_opening) == wanted).all()
        command = path.step(played)
        session.advance(command.joints, command.fingers)
    assert session.success()
    session.close()


def test_an_experts_action_that_is_refused_is_an_error_with_its_seed(
    monkeypatch: pytest.MonkeyPatch, demonstrator: Demonstrator
) -> None:
    task = type(demonstrator._recorder.session.task)
    monkeypatch.setattr(task, "expert", lambda self, target, opening: np.full(7, 0.5))
    with pytest.raises(RlcoError, match=r"seed 3: the expert's action was refused.*m/s asked"):
        demonstrator.run(3)


def test_an_expert_that_never_arrives_is_a_failure_at_the_step_limit(
    monkeypatch: pytest.MonkeyPatch, demonstrator: Demonstrator
) -> None:
    task = type(demonstrator._recorder.session.task)
    monkeypatch.setattr(task, "expert", lambda self, target, opening: STILL.copy())
    monkeypatch.setattr(task, "max_steps", 9)
    demonstration = demonstrator.run(3)
    assert not demonstration.success
    assert len(demonstration.actions) == 9


def test_who_demonstrates_has_no_takt_to_keep(
    monkeypatch: pytest.MonkeyPatch, demonstrator: Demonstrator
) -> None:
    monkeypatch.setattr(type(demonstrator._recorder.session), "max_steps", 9)
    assert len(demonstrator.run(7).actions) > 9


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ConfigError, match="unknown task 'juggle'"):
        Demonstrator(World("juggle", "twin", "panda"), 0.0, 0.0)
    with pytest.raises(ConfigError, match="task 'push_cube' has no split 'test'"):
        Demonstrator(World("push_cube", "twin", "panda", "test"), 0.0, 0.0)
