# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a policy does: nothing explodes, and success is what the tasks' texts say it is.

Success is judged once more, from PyBullet's own words and the thresholds of the texts. How much is
tried: RLCO_PROPERTY_STEPS control periods. An episode that fails is named by task, robot, domain
and its number, of which everything in it is drawn.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product
from zlib import crc32

import numpy as np
import pytest
from numpy.typing import NDArray

from rlco_sim.bullet import pybullet as p
from rlco_sim.env import RlcoEnv
from rlco_sim.tasks import task_class

#: Control periods for which success must hold, and after which an episode ends.
HOLD = {"push_cube": 1, "pick_place": 4, "open_drawer": 6, "close_drawer": 6}
LIMIT = {"push_cube": 120, "pick_place": 200, "open_drawer": 160, "close_drawer": 160}
#: After which it ends in domains that have a takt.
TAKT = {"push_cube": 56, "pick_place": 200, "open_drawer": 48, "close_drawer": 52}
TIMED = ("stand_in", "twin_randomised")

STEPS = int(os.environ.get("RLCO_PROPERTY_STEPS", "4000"))
ROBOTS, DOMAINS = ("panda", "ur5e"), ("twin", "stand_in", "wide", "twin_randomised")
CASES = list(product(HOLD, ROBOTS, DOMAINS))
PATTERNS = ("uniform", "push", "bang_bang", "press", "reach", "pinch", "expert")

#: Of any link, m/s; a thing that falls from the table to the floor reaches 3.7.
FASTEST = 5.0
#: Of a joint of an arm, rad/s.
FASTEST_TURN = 3.2
#: Depth of a contact, m: at the start; of what the arm presses on, which gives way where hundreds
#: of newtons jam it, or has pressed on within so many control periods; of what lands on the floor,
#: the way of one physics step; of all else.
AT_START, PRESSED, RECOVERY, LANDED, LOOSE = 0.0015, 0.03, 10, 0.016, 0.005
#: How far joints may be beyond their limits, rad or m; so jammed, fingers give way as well.
BEYOND = {p.JOINT_REVOLUTE: 0.02, p.JOINT_PRISMATIC: 0.025}
#: Of a thing's middle below the table's top, pressed into it, and below the floor's, m.
BELOW, FLOOR = 0.01, 0.70
#: Edges of the table, and the height that the arms reach with something in their hand, m.
TABLE, HIGHEST = np.array([[0.05, 0.85], [-0.60, 0.60]]), 0.75
#: Nearer to a threshold than this, either judgement will do.
DOUBT = 4e-4
Row = NDArray[np.float32]


def actions(rng: np.random.Generator, env: RlcoEnv, skilled: bool) -> Iterator[Row]:
    """What a foolish policy does: one pattern after the other; a skilled one trembles."""
    while True:
        pattern = "expert" if skilled else str(rng.choice(PATTERNS))
        way = rng.uniform(-1.0, 1.0, 7)
        way[2] = -0.5 * abs(way[2])
        for _ in range(rng.integers(8, 25)):
            yield action(pattern, rng, env, way)


def action(pattern: str, rng: np.random.Generator, env: RlcoEnv, way: NDArray[np.float64]) -> Row:
    """The (7,) action of one control period, inside the action space but for the expert's."""
    high = env.action_space.high[0]  # type: ignore[attr-defined]
    if pattern == "expert":
        row = env.session.task.expert(env.path.target, env.session.gripper_opening)
        return np.array(row * rng.choice([1.0, 0.9]), np.float32)
    row = {
        "uniform": rng.uniform(-1.0, 1.0, 7),
        "push": np.array([*way[:2], 0.0, 0.0, 0.0, 0.0, way[6]]),
        "bang_bang": rng.choice([-1.0, 1.0], 7),
        "press": np.array([0.0, 0.0, -1.0, *(0.2 * way[3:6]), way[6]]),
        "reach": way,
        "pinch": np.array([0.0, 0.0, 0.1, 0.0, 0.0, 0.0, -1.0]),
    }[pattern]
    if pattern == "reach":
        things = list(env.session.task.references().values())
        offset = things[0].translation - env.path.target.translation
        row = np.array([*np.clip(offset / high[:3], -1.0, 1.0), 0.0, 0.0, way[5], 1.0])
    row = row * high
    row[6] = np.clip(row[6], 0.0, 1.0)
    return np.array(row, np.float32)


class Watch:
    """Looks at every body of an episode after every control period."""

    def __init__(self, env: RlcoEnv) -> None:
        self._env, self._client = env, env.session.world.client
        ids = [p.getBodyUniqueId(k, self._client) for k in range(p.getNumBodies(self._client))]
        self._bodies = {k: p.getNumJoints(k, self._client) for k in ids}
        self._fixed = set(env.session.world.surfaces)
        self._floor = sorted(self._fixed)[1]
        self._pressed: dict[int, int] = {}
        self.worst: dict[str, float] = {}
        p.performCollisionDetection(self._client)
        for contact in p.getContactPoints(physicsClientId=self._client):
            self._note("depth at the start", -contact[8], AT_START)

    def look(self) -> None:
        """Fails where something is not as in the real world."""
        for body, joints in self._bodies.items():
            self._body(body, joints)
        self._contacts()

    def _note(self, name: str, value: float, limit: float) -> None:
        assert value <= limit, f"{name} {value:.4f} exceeds {limit} in step {self._step}"
        self.worst[name] = max(self.worst.get(name, 0.0), value)

    @property
    def _step(self) -> int:
        return self._env.session.steps

    def _body(self, body: int, joints: int) -> None:
        where, turn = p.getBasePositionAndOrientation(body, self._client)
        linear, angular = p.getBaseVelocity(body, self._client)
        assert np.isfinite([*where, *turn, *linear, *angular]).all(), f"body {body}"
        self._note("speed", float(np.linalg.norm(linear)), FASTEST)
        if p.getDynamicsInfo(body, -1, self._client)[0] > 0.0 and not joints:
            self._note("height", where[2], HIGHEST)
            over = (TABLE[:, 0] <= where[:2]).all() and (where[:2] <= TABLE[:, 1]).all()
            deep, limit = ("table", BELOW) if over else ("floor", FLOOR)
            self._note(f"below the {deep}", -where[2], limit)
        if joints:
            states = p.getLinkStates(body, range(joints), True, physicsClientId=self._client)
            speeds = [float(np.linalg.norm(state[6])) for state in states]
            assert np.isfinite(speeds).all()
            self._note("speed", max(speeds), FASTEST)
        for joint in range(joints):
            self._joint(body, joint)

    def _joint(self, body: int, joint: int) -> None:
        info = p.getJointInfo(body, joint, self._client)
        if info[2] in BEYOND:
            position, velocity = p.getJointState(body, joint, self._client)[:2]
            assert np.isfinite([position, velocity]).all()
            excess = max(position - info[9], info[8] - position)
            self._note(f"{info[1].decode()} out of its limits by", excess, BEYOND[info[2]])
            if info[2] == p.JOINT_REVOLUTE:
                self._note("turn", abs(velocity), FASTEST_TURN)

    def _contacts(self) -> None:
        contacts = p.getContactPoints(physicsClientId=self._client)
        arm = self._env.session.world.arm.body
        self._pressed |= {b: self._step for k in contacts if arm in k[1:3] for b in k[1:3]}
        recent = {b for b, step in self._pressed.items() if self._step - step <= RECOVERY}
        for contact in contacts:
            pair = set(contact[1:3])
            name, limit = ("landed", LANDED) if self._floor in pair else ("loose", LOOSE)
            if recent & pair - self._fixed:
                name, limit = "pressed", PRESSED
            self._note(f"depth where {name}", -contact[8], limit)


def lowest_point(client: int, body: int) -> float:
    """Height of the lowest point of a body made of boxes and cylinders, m."""
    where, turn = p.getBasePositionAndOrientation(body, client)
    heights = []
    for shape in p.getCollisionShapeData(body, -1, client):
        size, (at, facing) = shape[3], p.multiplyTransforms(where, turn, shape[5], shape[6])
        up = np.array(p.getMatrixFromQuaternion(facing))[6:9]
        if shape[2] == p.GEOM_CYLINDER:
            reach = abs(up[2]) * size[0] / 2.0 + np.hypot(*up[:2]) * size[1]
        else:
            reach = np.abs(up) @ np.array(size) / 2.0
        heights.append(at[2] - reach)
    return float(min(heights))


def margin(env: RlcoEnv) -> float:
    """By how much the task's text is fulfilled, in m, m/s or shares; negative if it is not."""
    session, task = env.session, env.session.task
    client, arm, name = session.world.client, session.world.arm.body, session.task.name
    if name == "push_cube":
        goal = np.array(p.getBasePositionAndOrientation(task._goal_body, client)[0][:2])
        off = {colour: np.abs(p.getBasePositionAndOrientation(cube, client)[0][:2] - goal).max()
               for colour, cube in task._cubes.items()}  # fmt: skip
        named = off.pop(session.scene.subject)
        return float(min(0.07 - 0.02 - named, min(off.values()) - 0.07))
    if name == "pick_place":
        thing, tray = task._object, task._container
        back = p.invertTransform(*p.getBasePositionAndOrientation(tray, client))
        where = p.multiplyTransforms(*back, *p.getBasePositionAndOrientation(thing, client))[0]
        between = 0.08 - np.abs(where[:2]).max()
        speed = np.linalg.norm(p.getBaseVelocity(thing, client)[0])
        free = 1.0 if not p.getContactPoints(arm, thing, physicsClientId=client) else -1.0
        fingers = p.getJointStates(arm, session.world.arm.motors[-2:], client)
        opened = min(state[0] for state in fingers) / session.robot.gripper.open - 0.5
        inside = 0.05 - lowest_point(client, thing)
        return float(min(between, 0.02 - speed, free, opened, inside))
    slide = p.getJointState(task.cabinet.body, 0, client)
    ways = {"open_drawer": slide[0] - 0.10, "close_drawer": 0.01 - slide[0]}
    return float(min(ways[name], 0.02 - abs(slide[1])))


def episode(case: tuple[str, str, str], number: int) -> tuple[dict[str, float], int, bool]:
    """One episode; the worst that was seen, its steps, and whether it ever succeeded."""
    rng = np.random.default_rng((crc32(repr(case).encode()), number))
    task, robot, domain = case
    split, seed = str(rng.choice(task_class(task).splits)), int(rng.integers(2**31))
    ends = number % 2 == 1
    reward = ("milestone", "shaped")[number % 5 == 4]
    env = RlcoEnv(task, domain, robot, split, 1, reward, ends, images=number % 8 == 3)
    seen, _ = env.reset(seed=seed)
    watch, policy = Watch(env), actions(rng, env, skilled=number % 4 == 1)
    surely = perhaps = steps = 0
    terminated = truncated = succeeded = False
    while not (terminated or truncated):
        seen, reward, terminated, truncated, info = env.step(next(policy)[None])
        steps += info["accepted"]
        watch.look()
        assert env.observation_space.contains(seen)
        assert all(np.isfinite(value).all() for value in seen.values())
        assert np.isfinite([env.session.motor_positions, env.session.motor_velocities]).all()
        assert env.reward_span[0] <= reward <= env.reward_span[1]
        left = margin(env)
        surely = surely + 1 if left > DOUBT else 0
        perhaps = perhaps + 1 if left > -DOUBT else 0
        success = info["success"]
        assert not success or perhaps >= HOLD[task], f"success in step {steps}, margin {left}"
        assert success or surely < HOLD[task], f"no success in step {steps}, margin {left}"
        succeeded |= success
        assert info["steps"] == steps
        assert terminated is (success and ends)
        over = steps == (TAKT if domain in TIMED else LIMIT)[task]
        assert truncated is (not terminated and (over or not info["accepted"]))
    env.close()
    return watch.worst, steps, succeeded


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_nothing_explodes_and_success_is_what_the_texts_say(case: tuple[str, str, str]) -> None:
    steps, number = 0, CASES.index(case) % 8
    while steps * len(CASES) < STEPS:
        worst, more, _ = episode(case, number)
        steps, number = steps + more, number + 1
        print(case, number - 1, worst)
