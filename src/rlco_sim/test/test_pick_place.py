# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Pick and place: scenes, splits and sentences are as its text says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet
from rlco_sim.domain import Domain
from rlco_sim.scene import Split
from rlco_sim.session import DT
from rlco_sim.shapes import names, shape
from rlco_sim.tasks import task_class
from rlco_sim.tasks.pick_place import UNSEEN_WORDINGS, WORDINGS, PickPlace, named_shape
from rlco_sim.world import World

PANDA, TWIN = RobotConfig.load("panda"), Domain.load("twin")
TRAIN, UNSEEN = names(unseen=False), names(unseen=True)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World(PANDA, DT)
    made.rebuild(TWIN.typical())
    made.arm.reset(np.array(PANDA.home), 0.04)
    yield made
    made.close()


def turn(world: World, body: int) -> float:
    """Yaw of a body, rad."""
    rotation = world.pose(body).rotation
    return float(np.arctan2(rotation[1, 0], rotation[0, 0]))


def scenes(world: World, split: Split, count: int = 200) -> NDArray[np.float64]:
    """(count, 6): x, |y| and turn from the nearest of two ways of the object; those of the
    container, with its y where the object is on the right.
    """
    task, rows = PickPlace(world, split), []
    for seed in range(count):
        task.reset(np.random.default_rng(seed), "")
        thing, tray = world.position(task._object), world.position(task._container)
        yaw = (turn(world, task._object) + np.pi / 2) % np.pi - np.pi / 2
        side = np.sign(thing[1])
        rows.append([thing[0], thing[1] * side, yaw, tray[0], tray[1] * -side,
                     turn(world, task._container)])  # fmt: skip
        assert not task.success()
        assert not any(task.reached())
    return np.array(rows)


def within(values: NDArray[np.float64], low: float, high: float) -> bool:
    """Whether all lie in a range and fill most of it."""
    inside = low - 1e-6 <= values.min() and values.max() <= high + 1e-6
    return bool(inside and np.ptp(values) > 0.85 * (high - low))


def test_the_register_knows_it() -> None:
    assert task_class("pick_place") is PickPlace


def test_scenes_of_the_training(world: World) -> None:
    x, y, yaw, tray_x, tray_y, tray_yaw = scenes(world, "train").T
    assert within(x, 0.42, 0.56)
    assert within(y, 0.11, 0.20)
    assert within(yaw, -0.6, 0.6)
    assert within(tray_x, 0.46, 0.56)
    assert within(tray_y, 0.13, 0.16), "on the other side"
    assert within(tray_yaw, -0.25, 0.25)


def test_unseen_states_are_out_of_the_training_s_ranges(world: World) -> None:
    x, _, yaw, _, _, tray_yaw = scenes(world, "unseen_states").T
    for values, low, high in (
        (np.abs(x - 0.49), 0.08, 0.11),
        (np.abs(yaw), 0.6, 0.85),
        (np.abs(tray_yaw), 0.25, 0.45),
    ):
        assert within(values, low, high)
    assert {tuple(row) for row in np.sign(np.array([x - 0.49, yaw, tray_yaw])).T} == {
        (a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)
    }


@pytest.mark.parametrize(
    ("split", "subjects", "wordings"),
    [
        ("train", TRAIN, WORDINGS),
        ("unseen_objects", UNSEEN, WORDINGS),
        ("unseen_wordings", TRAIN, UNSEEN_WORDINGS),
        ("unseen_states", TRAIN, WORDINGS),
    ],
)
def test_every_shape_and_wording_of_a_split_comes_up(
    world: World, split: Split, subjects: tuple[str, ...], wordings: tuple[str, ...]
) -> None:
    task = PickPlace(world, split)
    drawn = [task.reset(np.random.default_rng(seed), "") for seed in range(300)]
    assert {scene.subject for scene in drawn} == set(subjects) == set(PickPlace.subjects(split))
    patterns = {scene.instruction.replace(scene.subject, "{}") for scene in drawn}
    assert patterns == set(wordings)
    assert all(named_shape(scene.instruction) == scene.subject for scene in drawn)


def test_wordings_of_the_splits_are_different() -> None:
    assert not set(WORDINGS) & set(UNSEEN_WORDINGS)
    assert len(WORDINGS) >= 8
    assert len(UNSEEN_WORDINGS) >= 4


def test_an_instruction_decides_what_stands_there(world: World) -> None:
    task = PickPlace(world, "train")
    task.reset(np.random.default_rng(1), "")
    tray = world.pose(task._container).homogeneous
    scene = task.reset(np.random.default_rng(1), "Take the MUG, please")
    assert (scene.subject, scene.instruction) == ("mug", "Take the MUG, please")
    shapes = pybullet.getVisualShapeData(task._object, physicsClientId=world.client)
    assert len(shapes) == len(shape("mug").parts)
    assert (world.pose(task._container).homogeneous == tray).all()


@pytest.mark.parametrize(("text", "count"), [("take it", 0), ("the mug on the book", 2), ("", 0)])
def test_instructions_that_cannot_be_judged_are_refused(text: str, count: int) -> None:
    with pytest.raises(ConfigError, match=f"names {count} objects; it must name exactly one of"):
        PickPlace.subject(text)


def test_there_is_nothing_to_swap() -> None:
    with pytest.raises(ConfigError, match="has but one object"):
        PickPlace.swapped("take the mug")
