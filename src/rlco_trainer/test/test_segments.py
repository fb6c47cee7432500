# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Demonstrations are cut at milestones, and their stretches move to where things are now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pinocchio as pin
import pytest
from numpy.typing import NDArray

from rlco_core.motion import ActionPath
from rlco_sim.session import DT, Session
from rlco_trainer.demonstrations.demonstrate import Demonstration, Demonstrator, World
from rlco_trainer.demonstrations.segments import Source, Stretch, carried_over, nearest, source_of

PUSH = World("push_cube", "twin", "panda")


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    session = PUSH.session()
    yield session
    session.close()


@pytest.fixture
def source(session: Session, demonstration: Demonstration) -> Source:
    source = source_of(session, demonstration.seed, demonstration.actions)
    assert source is not None
    return source


def begun(session: Session, seed: int) -> ActionPath:
    session.reset(seed)
    path = ActionPath(session.robot, DT)
    path.reset(session.joint_positions, session.gripper_opening)
    return path


def play(session: Session, path: ActionPath, source: Source) -> NDArray[np.float32]:
    """Carries ``source`` over to the running scene until success; the actions that it took."""
    actions = []
    for action in carried_over(source, session, path):
        command = path.step(action)
        assert command.verdict.accepted, command.verdict.reason
        session.advance(command.joints, command.fingers)
        actions.append(action)
        if session.success():
            break
    return np.stack(actions)


def test_a_demonstration_is_cut_where_its_milestone_is_reached(
    session: Session, source: Source, demonstration: Demonstration
) -> None:
    assert source.seed == demonstration.seed
    touch, push = source.stretches
    assert (touch.name, push.name) == ("touched", "success")
    assert len(touch.poses) + len(push.poses) == len(demonstration.actions)
    path = begun(session, demonstration.seed)
    goals = [session.task.references()["touched"]]
    for step, action in enumerate(demonstration.actions, 1):
        assert session.reached() == (False,) or step > len(touch.poses)
        command = path.step(action)
        session.advance(command.joints, command.fingers)
        if step == len(touch.poses):
            assert session.reached() == (True,)
            goals.append(session.task.references()["success"])
            assert (goals[0] * pin.XYZQUATToSE3(touch.poses[-1])).isApprox(path.target, 1e-6)
    assert (goals[1] * pin.XYZQUATToSE3(push.poses[-1])).isApprox(path.target, 1e-6)
    openings = np.concatenate([touch.openings, push.openings])
    assert openings == pytest.approx(demonstration.actions[:, 6])


@pytest.mark.parametrize(
    ("task", "robot", "first"),
    [
        ("push_cube", "ur5e", "touched"),
        ("pick_place", "panda", "grasped"),
        ("open_drawer", "panda", "touched"),
        ("close_drawer", "ur5e", "touched"),
    ],
)
def test_in_its_own_scene_it_succeeds_again(task: str, robot: str, first: str) -> None:
    world = World(task, "twin", robot)
    session = world.session()
    source = source_of(session, 5, Demonstrator(world, 0.0, 0.0).run(5).actions)
    assert source is not None
    assert [stretch.name for stretch in source.stretches] == [first, "success"]
    play(session, begun(session, 5), source)
    assert session.success()
    session.close()


def test_in_another_scene_it_does_the_same_to_the_thing_there(
    session: Session, source: Source
) -> None:
    path = begun(session, 1007)
    frame = session.task.references()["touched"]
    assert np.linalg.norm(frame.translation[:2] - source.place[:2]) > 0.01
    touch = source.stretches[0]
    play(session, path, replace(source, stretches=(touch,)))
    there = frame * pin.XYZQUATToSE3(touch.poses[-1])
    assert np.linalg.norm(path.target.translation - there.translation) < 0.003
    assert np.linalg.norm(pin.log3(path.target.rotation.T @ there.rotation)) < 0.05


def test_the_way_to_where_a_stretch_begins_is_straight_and_even(
    session: Session, source: Source
) -> None:
    path = begun(session, 1001)
    start = path.target.copy()
    away = pin.SE3ToXYZQUAT(
        session.task.references()["success"].inverse()
        * pin.SE3(start.rotation, start.translation + np.array([0.0, 0.1, -0.05]))
    )
    stretch = Stretch("success", away[None], np.array([0.25]))
    actions = play(session, path, replace(source, stretches=(stretch,)))
    goal = start.translation + np.array([0.0, 0.1, -0.05])
    assert path.target.translation == pytest.approx(goal, abs=1e-3)
    lengths = np.linalg.norm(actions[:, :3], axis=1)
    assert len(actions) >= 9
    assert lengths.max() <= 0.012 + 1e-6
    assert actions[:-2, :3] == pytest.approx(
        np.tile(actions[0, :3], (len(actions) - 2, 1)), abs=1e-4
    )
    assert (actions[:, 6] == 0.25).all()


def test_a_slip_is_made_good_by_the_next_actions(session: Session, source: Source) -> None:
    path = begun(session, source.seed)
    for step, action in enumerate(carried_over(source, session, path)):
        if 4 <= step < 8:
            action[:3] = (0.0, 0.01, 0.005)
        command = path.step(action)
        session.advance(command.joints, command.fingers)
        if session.success():
            break
    assert session.success()


def test_what_does_not_succeed_again_is_no_source(
    session: Session, demonstration: Demonstration
) -> None:
    actions, seed = demonstration.actions, demonstration.seed
    fast = actions.copy()
    fast[3, :3] = 0.5
    assert source_of(session, seed, actions[:-5]) is None
    assert source_of(session, seed, np.zeros_like(actions)) is None
    assert source_of(session, seed, fast) is None
    assert source_of(session, seed + 1, actions) is None


def test_the_nearest_begins_where_the_scene_does(session: Session, source: Source) -> None:
    session.reset(1001)
    frame = session.task.references()["touched"]
    here = np.array([*frame.translation[:2], *frame.rotation[:2, 0]])

    def at(seed: int, aside: float, turned: float) -> Source:
        place = here + np.array([0.0, aside, 0.0, turned])
        return replace(source, seed=seed, place=place)

    assert nearest([at(0, 0.05, 0.0), at(1, -0.01, 0.0), at(2, 0.03, 0.0)], session).seed == 1
    # 0.1 m count as much as a whole turn of the thing.
    assert nearest([at(0, 0.05, 0.0), at(1, 0.0, 0.3)], session).seed == 1
    assert nearest([at(0, 0.05, 0.0), at(1, 0.0, 0.9)], session).seed == 0
