# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Nothing moves by magic: things are pushed, held and slid by contact, friction, joints alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rlco_sim.bullet import pybullet as p
from rlco_sim.env import RlcoEnv

SEEDS = (1, 2, 3)
#: Things at rest settle and creep (a solver that stops early) by less than this in an episode, m.
STILL = 2e-3
REST = np.array([[0, 0, 0, 0, 0, 0, 0.5]], np.float32)
#: Body and link, and where its middle is, (3,) m.
Places = dict[tuple[int, int], NDArray[np.float64]]
each_robot = pytest.mark.parametrize("robot", ["panda", "ur5e"])
each_task = pytest.mark.parametrize(
    "task", ["push_cube", "pick_place", "open_drawer", "close_drawer"]
)


@contextmanager
def opened(task: str, robot: str, seed: int, instruction: str = "") -> Iterator[RlcoEnv]:
    env = RlcoEnv(task, "twin", robot, "train", 1, instruction=instruction, images=False)
    env.reset(seed=seed)
    yield env
    env.close()


def expert(env: RlcoEnv) -> Iterator[dict[str, Any]]:
    """Plays the episode; gives its info after every control period."""
    ended = truncated = False
    while not (ended or truncated):
        action = env.session.task.expert(env.path.target, env.session.gripper_opening)
        _, _, ended, truncated, info = env.step(action[None])
        assert info["accepted"], info["verdict"]
        yield info


def things(env: RlcoEnv) -> list[tuple[int, int]]:
    """Bodies and links of everything but the arm."""
    client, arm = env.session.world.client, env.session.world.arm.body
    bodies = [p.getBodyUniqueId(k, client) for k in range(p.getNumBodies(client))]
    return [(b, k) for b in bodies if b != arm for k in range(-1, p.getNumJoints(b, client))]


def places(env: RlcoEnv) -> Places:
    """Where everything but the arm is."""
    client = env.session.world.client
    return {
        (body, link): np.array(
            p.getBasePositionAndOrientation(body, client)[0]
            if link < 0
            else p.getLinkState(body, link, 0, True, client)[0]
        )
        for body, link in things(env)
    }


def moved(before: Places, after: Places) -> set[int]:
    """Bodies of which something is not where it was."""
    return {key[0] for key, place in before.items() if np.abs(after[key] - place).max() > STILL}


def disable_contacts_of_the_arm(env: RlcoEnv) -> None:
    client, arm = env.session.world.client, env.session.world.arm.body
    for body, link in things(env):
        for own in range(-1, p.getNumJoints(arm, client)):
            p.setCollisionFilterPair(arm, body, own, link, 0, client)


def take_friction_away(env: RlcoEnv) -> None:
    client, arm = env.session.world.client, env.session.world.arm.body
    none = dict.fromkeys(("lateralFriction", "spinningFriction", "rollingFriction"), 0.0)
    for body, link in [*things(env), *((arm, k) for k in range(p.getNumJoints(arm, client)))]:
        p.changeDynamics(body, link, **none, physicsClientId=client)


def in_contact(env: RlcoEnv) -> set[int]:
    """Bodies that the arm touches, and those that touch such a body."""
    world = env.session.world
    pairs = {contact[1:3] for contact in p.getContactPoints(physicsClientId=world.client)}
    reached, before = {world.arm.body}, set[int]()
    while reached != before:
        before = set(reached)
        near = {body for pair in pairs if reached & set(pair) for body in pair}
        reached |= near - set(world.surfaces)
    return reached - {world.arm.body}


class Touches:
    """Takes physics steps; what has moved by then must have been touched by then."""

    def __init__(self, env: RlcoEnv) -> None:
        self._env, self._start, self._step = env, places(env), p.stepSimulation
        self.touched: set[int] = set()
        self.before = 0

    def __call__(self, **arguments: int) -> None:
        self._step(**arguments)
        self.touched |= in_contact(self._env)
        self.before += not self.touched
        assert moved(self._start, places(self._env)) <= self.touched


@each_task
@each_robot
def test_experts_succeed_by_contact_and_fail_without(task: str, robot: str) -> None:
    for seed in SEEDS:
        with opened(task, robot, seed) as env:
            start = places(env)
            assert [info["success"] for info in expert(env)][-1], f"seed {seed}"
            assert moved(start, places(env))
        with opened(task, robot, seed) as env:
            disable_contacts_of_the_arm(env)
            start = places(env)
            for info in expert(env):
                assert not info["success"]
                assert not any(info["reached"])
            assert info["steps"] == env.session.max_steps
            assert not moved(start, places(env))


@each_task
@each_robot
def test_whatever_moves_has_been_touched(
    task: str, robot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in SEEDS:
        with opened(task, robot, seed) as env, monkeypatch.context() as patch:
            touches = Touches(env)
            patch.setattr(p, "stepSimulation", touches)
            assert [info["success"] for info in expert(env)][-1], f"seed {seed}"
            assert touches.before > 100, "on its way the arm touches nothing"
            assert touches.touched


@each_robot
def test_a_pushed_cube_stops_with_the_hand(robot: str) -> None:
    for seed in SEEDS:
        with opened("push_cube", robot, seed) as env:
            start = places(env)
            for _ in expert(env):
                if moved(start, places(env)):
                    break
            for _ in range(10):
                env.step(REST)
            pushed = places(env)
            for _ in range(20):
                env.step(REST)
            assert not env.session.success()
            assert len(moved(start, pushed)) == 1
            assert not moved(pushed, places(env))


@each_robot
@pytest.mark.parametrize("friction", [True, False])
def test_what_is_lifted_is_held_by_friction_alone(robot: str, friction: bool) -> None:
    for seed in SEEDS:
        with opened("pick_place", robot, seed, "put the cube into the container") as env:
            if not friction:
                take_friction_away(env)
            grasped, lifted, _ = np.any([info["reached"] for info in expert(env)], axis=0)
            assert grasped
            assert lifted == env.session.success() == friction


@each_task
@each_robot
def test_nothing_is_ever_fixed_to_the_arm(task: str, robot: str) -> None:
    with opened(task, robot, 1) as env:
        client, arm = env.session.world.client, env.session.world.arm
        for _ in expert(env):
            assert p.getNumConstraints(client) == 1, "the gear of the two fingers"
            gear = p.getConstraintInfo(p.getConstraintUniqueId(0, client), client)
            assert (gear[0], gear[2], gear[4]) == (arm.body, arm.body, p.JOINT_GEAR)
            assert [gear[1], gear[3]] == arm.motors[-2:]


@each_robot
@pytest.mark.parametrize(("task", "way"), [("open_drawer", 1.0), ("close_drawer", -1.0)])
def test_a_drawer_moves_on_its_slide_and_no_further(task: str, way: float, robot: str) -> None:
    for seed in SEEDS:
        with opened(task, robot, seed) as env:
            cabinet = env.session.task.cabinet  # type: ignore[attr-defined]
            pose, travels = cabinet.pose, [cabinet.travel]
            closed = pose.actInv(places(env)[cabinet.body, 0]) - [cabinet.travel, 0.0, 0.0]
            for _ in expert(env):
                offset = pose.actInv(places(env)[cabinet.body, 0]) - closed
                assert offset == pytest.approx([cabinet.travel, 0.0, 0.0], abs=1e-6)
                assert (cabinet.pose.homogeneous == pose.homogeneous).all()
                travels.append(cabinet.travel)
            assert way * (travels[-1] - travels[0]) > 0.05
            assert np.abs(np.diff(travels)).max() < 0.03, "it slides, it does not jump"
            assert -0.002 < min(travels) <= max(travels) < 0.142, "its stops hold"
