# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Distractors stand beside every scene, at rest, and change nothing else in it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from altered import altered_domain
from numpy.typing import NDArray

from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet
from rlco_sim.domain import Domain
from rlco_sim.scene import Split
from rlco_sim.session import Session
from rlco_sim.tasks.push_cube import COLOURS, PushCube

PANDA = RobotConfig.load("panda")
MOST = 8


def crowded(count: int = MOST, task: str = "push_cube", split: Split = "train") -> Session:
    return Session(task, altered_domain("twin", looks={"distractors": count}), PANDA, split)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    made = crowded()
    yield made
    made.close()


def bodies(session: Session) -> list[int]:
    client = session.world.client
    count = pybullet.getNumBodies(physicsClientId=client)
    return [pybullet.getBodyUniqueId(k, physicsClientId=client) for k in range(count)]


def things(session: Session, count: int = MOST) -> list[int]:
    """The distractors: they are the last to be added."""
    return bodies(session)[-count:]


def boxes(session: Session) -> NDArray[np.float64]:
    """(n, 2, 3) m, where the distractors' bounding boxes begin and end."""
    client = session.world.client
    return np.array([pybullet.getAABB(body, -1, client) for body in things(session)])


def touching(session: Session) -> list[tuple[int, int]]:
    """Pairs of bodies that are in each other by a millimetre."""
    client = session.world.client
    pybullet.performCollisionDetection(physicsClientId=client)
    contacts = pybullet.getContactPoints(physicsClientId=client)
    return [contact[1:3] for contact in contacts if contact[8] < -1e-3]


@pytest.mark.parametrize("count", [0, 1, MOST])
def test_there_are_as_many_as_the_domain_says(count: int) -> None:
    plain, made = Session("push_cube", Domain.load("twin"), PANDA), crowded(count)
    assert len(bodies(made)) == len(bodies(plain)) + count
    plain.close()
    made.close()


def test_a_domain_may_draw_how_many() -> None:
    made = Session("push_cube", altered_domain("twin", looks={"distractors": {"range": [0, 3]}}),
                   PANDA)  # fmt: skip
    counts = []
    for seed in range(20):
        made.reset(seed)
        counts.append(len(bodies(made)))
    made.close()
    assert set(counts) == {min(counts) + extra for extra in range(4)}


def test_they_stand_left_and_right_of_the_scene_on_the_table(session: Session) -> None:
    sides = set()
    for seed in range(20):
        session.reset(seed)
        lower, upper = boxes(session).transpose(1, 0, 2)
        assert lower[:, 2] == pytest.approx(0.0, abs=2e-3)
        assert upper[:, 2].max() < 0.07
        assert (upper - lower)[:, :2].max() < 0.07
        assert lower[:, 0].min() > 0.26
        assert upper[:, 0].max() < 0.76
        middles = (lower + upper)[:, 1] / 2.0
        assert np.abs(middles).min() > 0.299
        assert np.abs(middles).max() < 0.421
        sides |= set(np.sign(middles))
    assert sides == {-1.0, 1.0}


@pytest.mark.parametrize(
    ("task", "split"),
    [
        ("push_cube", "unseen_states"),
        ("pick_place", "unseen_states"),
        ("open_drawer", "unseen_states"),
        ("close_drawer", "train"),
    ],
)
def test_nothing_starts_inside_of_anything(task: str, split: Split) -> None:
    made = crowded(task=task, split=split)
    for seed in range(15):
        made.reset(seed)
        ours = set(things(made))
        assert not [pair for pair in touching(made) if ours & set(pair)], seed
    made.close()


def test_they_stay_where_they_are(session: Session) -> None:
    session.reset(4)
    before = [session.world.position(body) for body in things(session)]
    for _ in range(20):
        session.advance(np.array(PANDA.home), 0.02)
    after = [session.world.position(body) for body in things(session)]
    assert after == pytest.approx(np.array(before), abs=2e-3)


def test_they_can_be_pushed(session: Session) -> None:
    session.reset(4)
    body = things(session)[0]
    before = session.world.position(body)
    pybullet.resetBaseVelocity(body, [0.3, 0.0, 0.0], physicsClientId=session.world.client)
    session.advance(np.array(PANDA.home), 0.02)
    assert session.world.position(body)[0] > before[0] + 3e-3


def test_a_seed_s_scene_is_the_same_with_and_without_them(session: Session) -> None:
    plain = Session("push_cube", Domain.load("twin"), PANDA)
    for seed in range(3):
        scenes = [each.reset(seed) for each in (session, plain)]
        assert scenes[0] == scenes[1]
        assert (session.joint_positions == plain.joint_positions).all()
        tasks = (session.task, plain.task)
        assert isinstance(tasks[0], PushCube)
        assert isinstance(tasks[1], PushCube)
        for colour in COLOURS:
            assert (tasks[0].cube_position(colour) == tasks[1].cube_position(colour)).all()
    plain.close()


def test_a_seed_has_its_own_and_always_the_same(session: Session) -> None:
    def drawn(seed: int) -> bytes:
        session.reset(seed)
        return boxes(session).tobytes() + session.image().tobytes()

    first = drawn(1)
    assert drawn(2) != first
    assert drawn(1) == first


def test_they_are_seen(session: Session) -> None:
    plain = Session("push_cube", Domain.load("twin"), PANDA)
    plain.reset(0)
    session.reset(0)
    different = (session.image() != plain.image()).any(axis=-1)
    assert different.mean() > 0.01
    plain.close()
