# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Pick and place: success and milestones are what its text says, to the millimetre."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pinocchio as pin
import pytest

from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet
from rlco_sim.domain import Domain
from rlco_sim.session import DT, Session
from rlco_sim.tasks.pick_place import INSIDE, RIM, PickPlace
from rlco_sim.world import World

PANDA, TWIN = RobotConfig.load("panda"), Domain.load("twin")
FLOOR = 0.004


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World(PANDA, DT)
    made.rebuild(TWIN.typical())
    yield made
    made.close()


@pytest.fixture
def cube(world: World) -> PickPlace:
    """A cube to pick and place, the arm at home with its fingers open."""
    world.rebuild(TWIN.typical())
    task = PickPlace(world, "train")
    task.reset(np.random.default_rng(3), "put the cube into the container")
    world.arm.reset(np.array(PANDA.home), 0.04)
    return task


def put(world: World, task: PickPlace, offset: tuple[float, float], height: float) -> None:
    """Puts the object over the container's inside; its lowest point at a height, m."""
    tray = world.pose(task._container)
    middle = tray.act(np.array([*offset, 0.0]))
    low = task._shape.standing
    yaw = float(np.arctan2(tray.rotation[1, 0], tray.rotation[0, 0]))
    world.place(task._object, (middle[0], middle[1], height + low), yaw)
    pybullet.performCollisionDetection(physicsClientId=world.client)


@pytest.mark.parametrize(
    ("offset", "height", "success"),
    [
        ((0.0, 0.0), FLOOR, True),
        ((INSIDE - 1e-3, 0.0), FLOOR, True),
        ((INSIDE + 1e-3, 0.0), FLOOR, False),
        ((0.0, -INSIDE + 1e-3), FLOOR, True),
        ((0.0, -INSIDE - 1e-3), FLOOR, False),
        ((0.0, 0.0), RIM - 1e-3, True),
        ((0.0, 0.0), RIM + 1e-3, False),
    ],
)
def test_success_is_between_the_walls_and_below_the_rim(
    world: World, cube: PickPlace, offset: tuple[float, float], height: float, success: bool
) -> None:
    put(world, cube, offset, height)
    assert cube.success() is success


@pytest.mark.parametrize(("speed", "success"), [(0.019, True), (0.021, False)])
def test_success_is_at_rest(world: World, cube: PickPlace, speed: float, success: bool) -> None:
    put(world, cube, (0.0, 0.0), FLOOR)
    pybullet.resetBaseVelocity(cube._object, [speed, 0.0, 0.0], physicsClientId=world.client)
    assert cube.success() is success


@pytest.mark.parametrize(("fingers", "success"), [(0.0202, True), (0.0198, False)])
def test_success_is_with_the_gripper_more_than_half_open(
    world: World, cube: PickPlace, fingers: float, success: bool
) -> None:
    put(world, cube, (0.0, 0.0), FLOOR)
    world.arm.reset(np.array(PANDA.home), fingers)
    assert cube.success() is success


def hand_at(world: World, height: float, fingers: float) -> pin.SE3:
    """Brings the hand over the middle of the table; its pose, base frame."""
    kinematics = Kinematics(PANDA)
    pose = pin.SE3(np.diag([1.0, -1.0, -1.0]), np.array([0.5, 0.0, height]))
    world.arm.reset(kinematics.inverse(pose, kinematics.home), fingers)
    return pose


@pytest.mark.parametrize(("aside", "success"), [(0.0, True), (0.03, False), (-0.03, False)])
def test_success_is_let_go(world: World, cube: PickPlace, aside: float, success: bool) -> None:
    """The hand is around the cube in the container, or one of its fingers is in it."""
    hand_at(world, 0.03, 0.04)
    world.place(cube._container, (0.5, aside, 0.0))
    put(world, cube, (0.0, 0.0), FLOOR)
    assert bool(world.arm.touches(cube._object)) is not success
    assert cube.success() is success


@pytest.mark.parametrize(
    ("height", "fingers", "aside", "offset", "reached"),
    [
        (0.023, 0.04, 0.0, 0.3, (False, False, False)),
        (0.023, 0.0225, 0.0, 0.3, (True, False, False)),
        (0.023, 0.04, 0.03, 0.3, (False, False, False)),
        (0.023 + 0.029, 0.0225, 0.0, 0.3, (True, False, False)),
        (0.023 + 0.031, 0.0225, 0.0, 0.3, (True, True, False)),
        (0.023 + 0.031, 0.0225, 0.0, INSIDE + 1e-3, (True, True, False)),
        (0.023 + 0.100, 0.0225, 0.0, INSIDE - 1e-3, (True, True, True)),
        (0.023 + 0.100, 0.04, 0.0, 0.0, (False, False, False)),
    ],
)
def test_milestones_are_grasped_lifted_above(
    world: World,
    cube: PickPlace,
    height: float,
    fingers: float,
    aside: float,
    offset: float,
    reached: tuple[bool, ...],
) -> None:
    """The fingers stand in the cube by half a millimetre, or beside it."""
    hand_at(world, height, fingers)
    world.place(cube._object, (0.5, aside, height))
    world.place(cube._container, (0.5 + offset, 0.0, 0.0))
    pybullet.performCollisionDetection(physicsClientId=world.client)
    assert cube.reached() == reached
    assert not cube.success()


def test_success_has_to_last() -> None:
    session = Session("pick_place", TWIN, PANDA)
    assert isinstance(session.task, PickPlace)
    session.reset(3, "put the cube into the container")
    put(session.world, session.task, (0.0, 0.0), FLOOR)
    held = []
    for _ in range(6):
        session.advance(np.array(PANDA.home), 0.04)
        held.append(session.success())
    session.close()
    assert held == [False] * 3 + [True] * 3
