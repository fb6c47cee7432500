# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The cabinet: a slide with friction, damping and stops, seen and touched where it is."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet
from rlco_sim.cabinet import HANDLE, HEIGHT, TRAVEL, Cabinet
from rlco_sim.domain import Domain
from rlco_sim.settings import Settings
from rlco_sim.world import World

PANDA, TWIN = RobotConfig.load("panda"), Domain.load("twin").typical()
DT, AT, YAW = 0.05, (0.47, 0.14), -1.3
STEP = DT / TWIN.physics.substeps


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World(PANDA, DT)
    yield made
    made.close()


def cabinet_in(world: World, settings: Settings = TWIN, travel: float = 0.0) -> Cabinet:
    world.rebuild(settings)
    world.arm.reset(np.array(PANDA.home), 0.0)
    cabinet = Cabinet(world)
    cabinet.set_travel(travel)
    cabinet.place(AT, YAW)
    return cabinet


def slide_settings(**values: float) -> Settings:
    return TWIN.model_copy(update={"drawer": TWIN.drawer.model_copy(update=values)})


def links(cabinet: Cabinet, client: int) -> dict[str, int]:
    count = pybullet.getNumJoints(cabinet.body, physicsClientId=client)
    infos = [pybullet.getJointInfo(cabinet.body, k, physicsClientId=client) for k in range(count)]
    return {"body": -1} | {info[12].decode(): info[0] for info in infos}


def push(world: World, cabinet: Cabinet, force: tuple[float, float, float], steps: int) -> None:
    """Pushes the handle with a force, N in the cabinet's frame, for some physics steps."""
    for _ in range(steps):
        pybullet.applyExternalForce(
            cabinet.body, links(cabinet, world.client)["handle"],
            list(cabinet.pose.rotation @ np.array(force)), list(cabinet.handle.translation),
            pybullet.WORLD_FRAME, physicsClientId=world.client,
        )  # fmt: skip
        pybullet.stepSimulation(physicsClientId=world.client)


def link_position(world: World, cabinet: Cabinet, name: str) -> NDArray[np.float64]:
    state = pybullet.getLinkState(
        cabinet.body, links(cabinet, world.client)[name], computeForwardKinematics=True,
        physicsClientId=world.client,
    )  # fmt: skip
    return np.array(state[4])


@pytest.mark.parametrize("travel", [0.0, 0.05, TRAVEL])
def test_the_handle_is_where_the_physics_has_it(world: World, travel: float) -> None:
    cabinet = cabinet_in(world, travel=travel)
    assert cabinet.travel == pytest.approx(travel)
    assert cabinet.speed == 0.0
    assert cabinet.handle.translation == pytest.approx(link_position(world, cabinet, "handle"))
    reach = HANDLE[0] + travel
    expected = [AT[0] + reach * math.cos(YAW), AT[1] + reach * math.sin(YAW), HEIGHT + HANDLE[2]]
    assert cabinet.handle.translation == pytest.approx(expected)
    assert cabinet.handle.rotation[:, 0] == pytest.approx([math.cos(YAW), math.sin(YAW), 0.0])
    assert cabinet.handle.rotation[:, 2] == pytest.approx([0.0, 0.0, 1.0])
    assert cabinet.handle_at(0.0).translation == pytest.approx(
        cabinet.handle.translation - travel * cabinet.handle.rotation[:, 0]
    )


def test_it_slides_along_its_axis_alone(world: World) -> None:
    cabinet = cabinet_in(world, travel=0.05)
    stand, before = cabinet.pose.homogeneous, link_position(world, cabinet, "handle")
    push(world, cabinet, (0.0, 30.0, 30.0), 60)
    assert cabinet.travel == pytest.approx(0.05, abs=1e-4)
    push(world, cabinet, (4.0, 30.0, -30.0), 40)
    moved = cabinet.pose.rotation.T @ (link_position(world, cabinet, "handle") - before)
    assert moved[0] > 0.02
    assert moved[1:] == pytest.approx([0.0, 0.0], abs=1e-4)
    assert cabinet.pose.homogeneous == pytest.approx(stand, abs=1e-9), "the cabinet stands fast"


@pytest.mark.parametrize(("force", "stop"), [(8.0, TRAVEL), (-8.0, 0.0)])
def test_it_stops_at_its_stops(world: World, force: float, stop: float) -> None:
    cabinet = cabinet_in(world, travel=0.07)
    push(world, cabinet, (force, 0.0, 0.0), 200)
    assert cabinet.travel == pytest.approx(stop, abs=1e-3)
    assert abs(cabinet.speed) < 0.001


@pytest.mark.parametrize("friction", [1.0, 4.0])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_friction_holds_it_until_it_lets_go(world: World, friction: float, sign: float) -> None:
    settings = slide_settings(friction=friction)
    held = cabinet_in(world, settings, travel=0.07)
    push(world, held, (sign * 0.95 * friction, 0.0, 0.0), 120)
    assert held.travel == pytest.approx(0.07, abs=1e-5)
    loose = cabinet_in(world, settings, travel=0.07)
    push(world, loose, (sign * (friction + 0.5), 0.0, 0.0), 60)
    assert sign * (loose.travel - 0.07) > 0.01


@pytest.mark.parametrize(("mass", "damping"), [(0.4, 4.0), (0.4, 8.0), (0.6, 4.0)])
def test_mass_and_damping_are_those_of_the_domain(
    world: World, mass: float, damping: float
) -> None:
    cabinet = cabinet_in(world, slide_settings(mass=mass, damping=damping, friction=2.0))
    steps, net = 30, 1.0
    push(world, cabinet, (2.0 + net, 0.0, 0.0), steps)
    # Euler's steps of m v' = F - d v, in which even Bullet's own drag of 0.04 / s would show.
    expected = net / damping * (1.0 - (1.0 - damping / mass * STEP) ** steps)
    assert cabinet.speed == pytest.approx(expected, rel=1e-6)


def test_without_a_push_it_stays_and_coasts_to_rest(world: World) -> None:
    cabinet = cabinet_in(world, travel=0.03)
    push(world, cabinet, (5.0, 0.0, 0.0), 20)
    assert cabinet.speed > 0.1
    push(world, cabinet, (0.0, 0.0, 0.0), 60)
    assert abs(cabinet.speed) < 1e-6
    rest = cabinet.travel
    push(world, cabinet, (0.0, 0.0, 0.0), 100)
    assert cabinet.travel == pytest.approx(rest, abs=1e-9)


def test_nothing_of_it_meets_the_walls(world: World) -> None:
    cabinet = cabinet_in(world)
    parts = links(cabinet, world.client)
    for travel in np.linspace(0.0, TRAVEL, 15):
        cabinet.set_travel(float(travel))
        for part in ("drawer", "handle"):
            points = pybullet.getClosestPoints(
                cabinet.body, cabinet.body, 0.05, linkIndexA=-1, linkIndexB=parts[part],
                physicsClientId=world.client,
            )  # fmt: skip
            assert all(point[8] > 0.0005 for point in points), (travel, part)
            assert points or part == "handle"


def test_it_is_painted_as_the_domain_says(world: World) -> None:
    cabinet = cabinet_in(world)
    looks = TWIN.looks
    parts = links(cabinet, world.client)
    shapes = pybullet.getVisualShapeData(cabinet.body, physicsClientId=world.client)
    for name, colour in (
        ("body", looks.cabinet),
        ("drawer", looks.drawer),
        ("handle", looks.handle),
    ):
        painted = [shape[7][:3] for shape in shapes if shape[1] == parts[name]]
        assert painted
        assert all(paint == pytest.approx(colour) for paint in painted)


def test_touch_is_of_drawer_or_handle_by_the_arm(world: World) -> None:
    cabinet = cabinet_in(world)
    hand = link_of_hand(world)

    def touched(offset: tuple[float, float, float]) -> bool:
        """With the hand's finger `offset` m from the handle, in the cabinet's frame."""
        cabinet.place(AT, YAW)
        shift = hand - cabinet.handle.translation - cabinet.pose.rotation @ np.array(offset)
        where = [*(np.array(AT) + shift[:2]), HEIGHT + shift[2]]
        world.place(cabinet.body, np.array(where), YAW)
        pybullet.performCollisionDetection(physicsClientId=world.client)
        return cabinet.touched()

    assert touched((0.0, 0.0, 0.0))
    assert not touched((0.08, 0.0, 0.0))
    # In the cabinet's lid, and not as deep as the drawer.
    assert not touched((-0.143, 0.0, 0.02))
    world.place(cabinet.body, np.array([*AT, HEIGHT]), YAW)


def link_of_hand(world: World) -> NDArray[np.float64]:
    """(3,) m, between the finger tips, by the physics."""
    client = world.client
    for index in range(pybullet.getNumJoints(world.arm.body, physicsClientId=client)):
        info = pybullet.getJointInfo(world.arm.body, index, physicsClientId=client)
        if info[12].decode() == PANDA.ee_frame:
            state = pybullet.getLinkState(
                world.arm.body, index, computeForwardKinematics=True, physicsClientId=client
            )
            return np.array(state[4])
    raise AssertionError(f"no link {PANDA.ee_frame}")
