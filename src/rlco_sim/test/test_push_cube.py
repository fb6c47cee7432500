# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Push cube: scene, sentence, measure of success and expert are as its text says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from altered import altered
from numpy.typing import NDArray

from rlco_core.errors import ConfigError, choices
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_sim.domain import Domain
from rlco_sim.session import DT, Session
from rlco_sim.tasks import task_class
from rlco_sim.tasks.push_cube import (
    COLOURS,
    UNSEEN_COLOURS,
    WORDINGS,
    PushCube,
    named_colour,
)
from rlco_sim.world import World

PANDA, TWIN = RobotConfig.load("panda"), Domain.load("twin")
CUBE, GOAL = 0.045, 0.14


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World(PANDA, DT)
    made.rebuild(TWIN.typical())
    yield made
    made.close()


@pytest.fixture(scope="module")
def task(world: World) -> PushCube:
    return PushCube(world, "train")


def put(world: World, task: PushCube, colour: str, offset: tuple[float, float]) -> None:
    """Puts a cube on the table, `offset` m from the middle of the goal zone."""
    middle = world.position(task._goal_body)
    place = np.array([middle[0] + offset[0], middle[1] + offset[1], CUBE / 2])
    world.place(task._cubes[colour], place)


def places(task: PushCube) -> NDArray[np.float64]:
    return np.array([task.cube_position(colour) for colour in COLOURS])


def test_the_register_knows_it() -> None:
    assert task_class("push_cube") is PushCube
    with pytest.raises(ConfigError, match=r"unknown task 'juggle'; known: .*'push_cube'"):
        task_class("juggle")


def test_scenes_are_drawn_within_their_ranges(world: World, task: PushCube) -> None:
    lanes: Counter[tuple[str, ...]] = Counter()
    goals = []
    for seed in range(300):
        task.reset(np.random.default_rng(seed), "")
        cubes = places(task)
        assert np.abs(cubes[:, 0] - 0.42).max() <= 0.03
        assert np.abs(np.sort(cubes[:, 1]) - [-0.16, 0.0, 0.16]).max() <= 0.02
        assert cubes[:, 2] == pytest.approx([CUBE / 2] * 3)
        assert not task.success()
        lanes[tuple(COLOURS[k] for k in np.argsort(cubes[:, 1]))] += 1
        goals.append(world.position(task._goal_body))
    assert len(lanes) == 6, "every order of the cubes comes up"
    assert np.abs(np.array(goals) - [0.60, 0.0, 0.0]).max(axis=0) == pytest.approx(
        [0.02, 0.03, 0.0], abs=1e-3
    )


def test_every_wording_and_colour_comes_up(task: PushCube) -> None:
    scenes = [task.reset(np.random.default_rng(seed), "") for seed in range(400)]
    assert {scene.instruction for scene in scenes} == {
        wording.format(colour) for wording in WORDINGS for colour in COLOURS
    }
    counts = Counter(scene.subject for scene in scenes)
    assert min(counts[colour] for colour in COLOURS) > 100
    assert all(named_colour(scene.instruction) == scene.subject for scene in scenes)


def test_a_replaced_instruction_leaves_the_places_as_they_are(task: PushCube) -> None:
    task.reset(np.random.default_rng(1), "")
    before = places(task)
    scene = task.reset(np.random.default_rng(1), "Shove the BLUE box away!")
    assert (scene.instruction, scene.subject) == ("Shove the BLUE box away!", "blue")
    assert (places(task) == before).all()


@pytest.mark.parametrize("subject", COLOURS)
@pytest.mark.parametrize(
    ("named", "other", "success"),
    [
        ((0.0, 0.0), (0.3, 0.0), True),
        ((0.0499, -0.0499), (0.3, 0.0), True),
        ((0.0501, 0.0), (0.3, 0.0), False),
        ((0.0, -0.0501), (0.3, 0.0), False),
        ((0.0, 0.0), (0.0699, 0.0699), False),
        ((0.0, 0.0), (0.0701, 0.0), True),
        ((0.3, 0.0), (0.0, 0.0), False),
        ((0.3, 0.0), (0.3, 0.1), False),
    ],
)
def test_success_is_the_named_cube_well_inside_and_no_other(
    world: World,
    task: PushCube,
    subject: str,
    named: tuple[float, float],
    other: tuple[float, float],
    success: bool,
) -> None:
    task.reset(np.random.default_rng(1), f"push the {subject} cube")
    second, third = (colour for colour in COLOURS if colour != subject)
    for spoiler, bystander in ((second, third), (third, second)):
        put(world, task, subject, named)
        put(world, task, spoiler, other)
        put(world, task, bystander, (-0.25, 0.25))
        assert task.success() is success


def test_success_is_where_the_cube_is_now(world: World, task: PushCube) -> None:
    task.reset(np.random.default_rng(1), "push the red cube")
    put(world, task, "red", (0.0, 0.0))
    assert task.success()
    put(world, task, "red", (0.1, 0.0))
    assert not task.success()


@pytest.mark.parametrize(
    ("instruction", "colour"),
    [
        ("push the red cube", "red"),
        ("GREEN!", "green"),
        ("the blue-ish one, the blue one", "blue"),
        ("I preferred that you push the blue cube", "blue"),
    ],
)
def test_an_instruction_names_a_colour_as_a_word(instruction: str, colour: str) -> None:
    assert PushCube.subject(instruction) == named_colour(instruction) == colour


@pytest.mark.parametrize(
    ("instruction", "count"),
    [("push a cube", 0), ("push red and blue", 2), ("", 0), ("covered", 0), ("pink", 0)],
)
def test_instructions_that_cannot_be_judged_are_refused(instruction: str, count: int) -> None:
    with pytest.raises(ConfigError) as caught:
        PushCube.subject(instruction)
    assert str(caught.value) == (
        f"instruction '{instruction}' names {count} colours; "
        f"it must name exactly one of {choices((*COLOURS, *UNSEEN_COLOURS))}"
    )


@pytest.mark.parametrize(
    ("instruction", "swapped"),
    [
        ("push the red cube", "push the green cube"),
        ("the Green one, yes, green", "the blue one, yes, blue"),
        ("blue", "red"),
        ("the orange block", "the yellow block"),
        ("the red cube, as I preferred", "the green cube, as I preferred"),
    ],
)
def test_a_swap_changes_the_colour_and_nothing_else(instruction: str, swapped: str) -> None:
    assert PushCube.swapped(instruction) == swapped


def test_every_wording_comes_back_after_three_swaps() -> None:
    for text in (wording.format("red") for wording in WORDINGS):
        once = PushCube.swapped(text)
        assert named_colour(once) == "green"
        assert PushCube.swapped(PushCube.swapped(once)) == text


def test_a_domain_must_colour_every_cube() -> None:
    bare = World(PANDA, DT)
    bare.rebuild(altered(TWIN.typical(), looks={"cubes": {"red": (1.0, 0.0, 0.0)}}))
    with pytest.raises(ConfigError, match=r"looks\.cubes gives no colour for 'blue' or 'green'"):
        PushCube(bare, "train")
    bare.close()


def expert_succeeds(session: Session, path: ActionPath, seed: int) -> bool:
    session.reset(seed)
    path.reset(session.joint_positions, session.gripper_opening)
    while not session.success() and session.steps < session.max_steps:
        command = path.step(session.task.expert(path.target, session.gripper_opening))
        assert command.verdict.accepted, command.verdict
        session.advance(command.joints, command.fingers)
    return session.success()


def test_the_expert_succeeds_on_95_of_100_seeds() -> None:
    session, path = Session("push_cube", TWIN, PANDA), ActionPath(PANDA, DT)
    failed = [seed for seed in range(100) if not expert_succeeds(session, path, seed)]
    session.close()
    assert len(failed) <= 5, failed
