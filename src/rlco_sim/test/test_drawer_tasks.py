# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Open and close the drawer: scenes, sentences, success and experts are as their texts say."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from rlco_core.errors import ConfigError
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet
from rlco_sim.domain import Domain
from rlco_sim.scene import Split, check_split
from rlco_sim.session import DT, Session
from rlco_sim.tasks import task_class
from rlco_sim.tasks.close_drawer import CloseDrawer
from rlco_sim.tasks.drawer import DrawerTask
from rlco_sim.tasks.open_drawer import OpenDrawer
from rlco_sim.world import World

PANDA, TWIN = RobotConfig.load("panda"), Domain.load("twin")
TASKS = (OpenDrawer, CloseDrawer)
Kind = type[OpenDrawer] | type[CloseDrawer]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World(PANDA, DT)
    made.rebuild(TWIN.typical())
    yield made
    made.close()


def scenes(task: DrawerTask, count: int = 300) -> np.ndarray:
    """(count, 4): how the cabinet stands off (0.47, 0.14) m and -pi/2 rad, and the travel, m."""
    rows = []
    for seed in range(count):
        task.reset(np.random.default_rng(seed), "")
        pose = task.cabinet.pose
        turn = math.atan2(pose.rotation[1, 0], pose.rotation[0, 0]) + math.pi / 2.0
        x, y = pose.translation[:2] - (0.47, 0.14)
        rows.append([x, y, turn, task.cabinet.travel])
    return np.array(rows)


@pytest.mark.parametrize("kind", TASKS)
def test_the_register_knows_it(kind: Kind) -> None:
    assert task_class(kind.name) is kind


@pytest.mark.parametrize(
    ("kind", "travels"), [(OpenDrawer, (0, 0.005)), (CloseDrawer, (0.09, 0.13))]
)
def test_scenes_of_the_training(world: World, kind: Kind, travels: tuple[float, float]) -> None:
    drawn = scenes(kind(world, "train"))
    limits = np.array([0.03, 0.02, 0.25])
    assert (np.abs(drawn[:, :3]) <= limits + 1e-9).all()
    assert drawn[:, :3].max(axis=0) == pytest.approx(limits, rel=0.1)
    assert drawn[:, :3].min(axis=0) == pytest.approx(-limits, rel=0.1)
    span = (drawn[:, 3].min(), drawn[:, 3].max())
    assert span == pytest.approx(travels, abs=0.002)


@pytest.mark.parametrize(
    ("kind", "travels"), [(OpenDrawer, (0.006, 0.012)), (CloseDrawer, (0.06, 0.085))]
)
def test_unseen_states_are_out_of_every_range(
    world: World, kind: Kind, travels: tuple[float, float]
) -> None:
    drawn = scenes(kind(world, "unseen_states"))
    x, y, turn, travel = np.abs(drawn).T
    for values, low, high in ((x, 0.03, 0.05), (y, 0.02, 0.05), (turn, 0.25, 0.4)):
        assert low <= values.min() <= values.max() <= high + 1e-9
    assert (drawn[:, 1] < 0.0).all()
    assert travels[0] <= travel.min() <= travel.max() <= travels[1]
    assert {tuple(row) for row in np.sign(drawn[:, [0, 2]])} == {
        (a, b) for a in (-1.0, 1.0) for b in (-1.0, 1.0)
    }


@pytest.mark.parametrize("kind", TASKS)
def test_no_scene_starts_done(world: World, kind: Kind) -> None:
    for split in kind.splits:
        task = kind(world, split)
        for seed in range(100):
            task.reset(np.random.default_rng(seed), "")
            assert not task.success()
            assert not task.reached()[1]


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("split", ["train", "unseen_wordings"])
def test_every_wording_comes_up(world: World, kind: Kind, split: Split) -> None:
    task = kind(world, split)
    drawn = [task.reset(np.random.default_rng(seed), "") for seed in range(200)]
    wordings = kind.wordings if split == "train" else kind.unseen_wordings
    assert {scene.instruction for scene in drawn} == set(wordings)
    assert {scene.subject for scene in drawn} == {"drawer"} == set(kind.subjects(split))
    assert len(kind.wordings) >= 8
    assert len(kind.unseen_wordings) >= 4
    assert not set(kind.wordings) & set(kind.unseen_wordings)


@pytest.mark.parametrize("kind", TASKS)
def test_a_replaced_instruction_leaves_the_scene_as_it_is(world: World, kind: Kind) -> None:
    task = kind(world, "train")
    task.reset(np.random.default_rng(1), "")
    before = task.cabinet.handle.homogeneous
    scene = task.reset(np.random.default_rng(1), "The DRAWER, please!")
    assert (scene.instruction, scene.subject) == ("The DRAWER, please!", "drawer")
    assert (task.cabinet.handle.homogeneous == before).all()


@pytest.mark.parametrize(
    ("kind", "instruction", "message"),
    [
        (OpenDrawer, "open the door", "does not speak of a drawer"),
        (OpenDrawer, "open the drawers", "does not speak of a drawer"),
        (OpenDrawer, "", "does not speak of a drawer"),
        (OpenDrawer, "Close the drawer", "says 'close'; task 'open_drawer' is the opposite"),
        (OpenDrawer, "shut the drawer", "says 'shut'"),
        (CloseDrawer, "OPEN the drawer", "says 'open'; task 'close_drawer' is the opposite"),
        (CloseDrawer, "close it", "does not speak of a drawer"),
    ],
)
def test_sentences_of_something_else_are_refused(
    kind: Kind, instruction: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        kind.subject(instruction)


@pytest.mark.parametrize("kind", TASKS)
def test_the_tasks_refuse_what_they_have_not(kind: Kind) -> None:
    with pytest.raises(ConfigError, match="but one subject, the drawer"):
        kind.swapped(kind.wordings[0])
    with pytest.raises(ConfigError, match="no split 'unseen_objects'"):
        check_split("unseen_objects", kind)
    assert kind.subject("draw the drawer from its closed place") == "drawer"


@pytest.mark.parametrize(
    ("kind", "travel", "speed", "success", "second"),
    [
        (OpenDrawer, 0.101, 0.0, True, True),
        (OpenDrawer, 0.099, 0.0, False, True),
        (OpenDrawer, 0.101, 0.019, True, True),
        (OpenDrawer, 0.101, 0.021, False, True),
        (OpenDrawer, 0.101, -0.021, False, True),
        (OpenDrawer, 0.021, 0.0, False, True),
        (OpenDrawer, 0.019, 0.0, False, False),
        (CloseDrawer, 0.009, 0.0, True, True),
        (CloseDrawer, 0.011, 0.0, False, True),
        (CloseDrawer, 0.009, 0.019, True, True),
        (CloseDrawer, 0.009, -0.021, False, True),
        (CloseDrawer, 0.009, 0.021, False, True),
        (CloseDrawer, 0.07, 0.0, False, False),
    ],
)
def test_success_is_travel_at_rest(
    world: World, kind: Kind, travel: float, speed: float, success: bool, second: bool
) -> None:
    task = kind(world, "train")
    task.reset(np.random.default_rng(1), "")
    pybullet.resetJointState(task.cabinet.body, 0, travel, speed, physicsClientId=world.client)
    assert task.success() is success
    assert task.reached() == (False, second)


@pytest.mark.parametrize("kind", TASKS)
def test_references_are_the_handle_now_and_closed(world: World, kind: Kind) -> None:
    task = kind(world, "train")
    task.reset(np.random.default_rng(3), "")
    task.cabinet.set_travel(0.08)
    first, last = task.references()["touched"], task.references()["success"]
    assert set(task.references()) == {"touched", "success"}
    assert last.actInv(first.translation) == pytest.approx([0.08, 0.0, 0.0], abs=1e-9)
    assert (first.rotation == last.rotation).all()
    assert first.rotation[:, 2] == pytest.approx([0.0, 0.0, 1.0])


def run(session: Session, path: ActionPath, seed: int) -> tuple[bool, tuple[bool, ...], float]:
    """Success of the expert, what it reached on its way, and the deepest contact, m."""
    session.reset(seed)
    path.reset(session.joint_positions, session.gripper_opening)
    reached, deepest = np.array(session.reached()), 0.0
    while not session.success() and session.steps < session.max_steps:
        command = path.step(session.task.expert(path.target, session.gripper_opening))
        assert command.verdict.accepted, command.verdict
        session.advance(command.joints, command.fingers)
        reached |= session.reached()
        assert isinstance(session.task, DrawerTask)
        contacts = pybullet.getContactPoints(
            session.task.cabinet.body, physicsClientId=session.world.client
        )
        deepest = min([deepest, *(contact[8] for contact in contacts)])
    return session.success(), tuple(reached.tolist()), deepest


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("split", ["train", "unseen_states"])
def test_the_expert_succeeds_on_19_of_20_seeds(kind: Kind, split: Split) -> None:
    session, path = Session(kind.name, TWIN, PANDA, split), ActionPath(PANDA, DT)
    runs = [run(session, path, seed) for seed in range(20)]
    session.close()
    assert sum(success for success, _, _ in runs) >= 19
    assert all(all(reached) for success, reached, _ in runs if success)
    assert min(deepest for _, _, deepest in runs) > -0.003, "the hand goes through the cabinet"


def test_success_has_to_last() -> None:
    session = Session("close_drawer", TWIN, PANDA)
    assert isinstance(session.task, DrawerTask)
    session.task.cabinet.set_travel(0.0)
    held = []
    for _ in range(7):
        session.advance(session.joint_positions, session.fingers)
        held.append(session.success())
    session.close()
    assert held == [False] * 5 + [True] * 2
