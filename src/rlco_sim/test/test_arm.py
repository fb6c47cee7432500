# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The arm's servos lag, delay and tire as the domain says; its fingers move as one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from altered import altered
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet
from rlco_sim.domain import Domain
from rlco_sim.world import World

TWIN = Domain.load("twin").typical()
DT, HELD = 0.05, 1e-3
ROBOTS = {name: RobotConfig.load(name) for name in ("panda", "ur5e")}
Joints = NDArray[np.float64]


@pytest.fixture(params=ROBOTS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(ROBOTS[request.param], DT)
    yield made
    made.close()


def started(world: World, opening: float = 0.5, **sections: dict[str, float]) -> Joints:
    """A new world in which some keys are set otherwise, the arm at home; (n,) rad."""
    world.rebuild(altered(TWIN, **sections))
    home = np.array(world.robot.home)
    world.arm.reset(home, world.robot.gripper.joint_position(opening))
    return home


def finger(world: World, share: float) -> float:
    return world.robot.gripper.joint_position(share)


def followed(world: World, offset: float, periods: int, **controller: float) -> Joints:
    """(periods, n) how far the joints have come on their way from home to ``offset``, as shares."""
    home = started(world, controller=controller)
    shares = []
    for _ in range(periods):
        world.arm.advance(home + offset, finger(world, 0.5))
        shares.append((world.arm.state[0][: len(home)] - home) / offset)
    return np.array(shares)


def test_without_lag_and_delay_a_command_is_followed_within_its_period(world: World) -> None:
    shares = followed(world, 0.05, 3)
    assert shares[0].min() > 0.8
    assert shares[2] == pytest.approx(1.0, abs=0.05)


def test_a_lag_leaves_an_error_that_decays_as_first_order(world: World) -> None:
    left = 1.0 - followed(world, 0.1, 8, gain=1.0, lag=0.1)
    assert left[3:6] / left[2:5] == pytest.approx(np.exp(-DT / 0.1), rel=0.03)


@pytest.mark.parametrize("periods", [1, 2])
def test_a_delay_is_what_passes_before_a_command_is_heard(world: World, periods: int) -> None:
    shares = followed(world, 0.1, 6, delay=periods * DT)
    waited = followed(world, 1e-9, periods, delay=periods * DT) * 1e-9 / 0.1
    assert shares[:periods] == pytest.approx(waited, abs=1e-6), "nothing is heard yet"
    prompt = followed(world, 0.1, 6 - periods)
    assert shares[periods:] == pytest.approx(prompt, abs=0.02)


def test_a_delay_of_part_of_a_period_is_heard_later_in_it(world: World) -> None:
    prompt, late = followed(world, 0.03, 1), followed(world, 0.03, 1, delay=DT / 2)
    assert late.max() < 0.7 * prompt.min()


def test_a_reset_forgets_the_commands_on_their_way(world: World) -> None:
    home = started(world, controller={"delay": 2 * DT, "lag": 0.05})
    still = []
    for offset in (0.0, 0.2):
        for _ in range(3):
            world.arm.advance(home + offset, finger(world, 0.5))
        world.arm.reset(home, finger(world, 0.5))
        for _ in range(4):
            world.arm.advance(home, finger(world, 0.5))
        still.append(world.arm.state[0])
    assert still[1] == pytest.approx(still[0], abs=HELD)


@pytest.mark.parametrize("changes", [{"gain": 0.05}, {"force_scale": 0.02}])
def test_a_soft_or_weak_arm_falls_behind(world: World, changes: dict[str, float]) -> None:
    errors = [np.abs(1.0 - followed(world, 0.03, 1, **keys)[0]).max() for keys in ({}, changes)]
    assert errors[1] > errors[0] + 0.02


def test_damping_slows_an_arm_that_falls(world: World) -> None:
    fallen = []
    for damping in (0.0, 1.0):
        home = started(world, controller={"force_scale": 1e-6, "joint_damping": damping})
        for _ in range(2):
            world.arm.advance(home, finger(world, 0.5))
        fallen.append(np.abs(world.arm.state[0][: len(home)] - home).max())
    assert 0.0 < fallen[1] < 0.7 * fallen[0]


@pytest.mark.parametrize("lag", [0.0, 0.3])
@pytest.mark.parametrize("speed", [0.05, 0.1])
def test_fingers_travel_at_their_own_speed(world: World, speed: float, lag: float) -> None:
    home = started(world, 0.0, gripper={"speed": speed}, controller={"lag": lag})
    wide = finger(world, 1.0)
    for period in range(1, 12):
        world.arm.advance(home, wide)
        told = min(period * DT * speed, wide)
        assert world.arm.state[0][-2:] == pytest.approx([told] * 2, abs=1e-3), period


def test_a_finger_that_is_pushed_takes_the_other_along(world: World) -> None:
    """With 30 N at fingers of 20 N each: alone, one would give way."""
    home = started(world, 0.5)
    start = world.arm.state[0][-2:]
    for steps in range(10 * TWIN.physics.substeps):
        if steps % TWIN.physics.substeps == 0:
            world.arm.advance(home, finger(world, 0.5))
    link = world.arm.motors[-1]
    info = pybullet.getJointInfo(world.arm.body, link, physicsClientId=world.client)
    for _ in range(20):
        state = pybullet.getLinkState(
            world.arm.body, link, computeForwardKinematics=True, physicsClientId=world.client
        )
        turn = np.array(pybullet.getMatrixFromQuaternion(state[5])).reshape(3, 3)
        inwards = -30.0 * turn @ np.array(info[13])
        pybullet.applyExternalForce(
            world.arm.body, link, inwards.tolist(), state[4], pybullet.WORLD_FRAME,
            physicsClientId=world.client,
        )  # fmt: skip
        pybullet.stepSimulation(physicsClientId=world.client)
    fingers = world.arm.state[0][-2:]
    assert fingers[0] == pytest.approx(fingers[1], abs=2e-3)
    assert fingers == pytest.approx(start, abs=4e-3)


def test_what_stands_aside_between_the_fingers_comes_to_their_middle(world: World) -> None:
    home = started(world, 1.0)
    tool = Kinematics(world.robot).forward(home)
    aside = tool.translation + tool.rotation @ [0.0, 0.012, 0.0]
    cube = world.add_box((0.015,) * 3, tuple(aside), (1.0, 0.0, 0.0), mass=0.02, friction=1.0)
    world.place(cube, aside, float(np.arctan2(tool.rotation[1, 0], tool.rotation[0, 0])))
    pybullet.setGravity(0.0, 0.0, 0.0, physicsClientId=world.client)
    for _ in range(20):
        world.arm.advance(home, finger(world, 0.0))
    assert world.arm.touches(cube) == {0, 1}
    offset = tool.rotation.T @ (world.position(cube) - tool.translation)
    assert offset[1] == pytest.approx(0.0, abs=2e-3)
    assert world.arm.state[0][-2:] == pytest.approx([0.015, 0.015], abs=2e-3)


def test_touches_tells_fingers_from_the_rest_and_bodies_apart(world: World) -> None:
    home = started(world, 1.0)
    box = world.add_box((0.01,) * 3, (0.0, 0.0, 2.0), (1.0, 0.0, 0.0))
    other = world.add_box((0.01,) * 3, (0.0, 0.0, 3.0), (1.0, 0.0, 0.0))
    client, arm = world.client, world.arm

    def touching(where: Joints) -> frozenset[int]:
        world.place(box, where)
        pybullet.performCollisionDetection(physicsClientId=client)
        assert not arm.touches(other)
        return arm.touches(box)

    tool, opened = Kinematics(world.robot).forward(home), finger(world, 1.0)
    sides = [tool.translation + tool.rotation @ [0.0, y, 0.0] for y in (opened, -opened)]
    assert {touching(side) for side in sides} == {frozenset({0}), frozenset({1})}
    assert touching(tool.translation) == frozenset()
    assert touching(np.array([0.0, 0.0, 0.2])) == {-1}


def test_the_opening_is_that_of_the_finger_that_is_more_closed(world: World) -> None:
    started(world, 0.5)
    assert world.arm.opening == pytest.approx(0.5)
    for link in world.arm.motors[-2:]:
        for share in (0.2, 0.9):
            pybullet.resetJointState(
                world.arm.body, link, finger(world, share), physicsClientId=world.client
            )
            assert world.arm.opening == pytest.approx(min(share, 0.5))
        pybullet.resetJointState(
            world.arm.body, link, finger(world, 0.5), physicsClientId=world.client
        )


def test_friction_of_the_pads_is_that_of_the_domain(world: World) -> None:
    started(world, gripper={"friction": 0.7})
    for link in world.arm.motors[-2:]:
        info = pybullet.getDynamicsInfo(world.arm.body, link, physicsClientId=world.client)
        assert info[1] == pytest.approx(0.7)


def test_a_blocked_arm_lets_go_but_does_not_fall_and_comes_back(world: World) -> None:
    home, tool = started(world), Kinematics(world.robot)
    start = tool.forward(home).translation
    post = world.add_box((0.3, 0.02, 0.3), (start[0], start[1] + 0.2, start[2]), (0.5, 0.5, 0.5))
    turned, pushes = home + np.eye(len(home))[0], []
    for _ in range(60):
        world.arm.advance(turned, finger(world, 0.5))
        contacts = pybullet.getContactPoints(world.arm.body, post, physicsClientId=world.client)
        pushes.append(sum(contact[9] for contact in contacts))
    assert 10.0 < max(pushes[20:]) < 80.0
    assert tool.forward(world.arm.state[0][: len(home)]).translation[2] > start[2] - 0.05
    for _ in range(40):
        world.arm.advance(home, finger(world, 0.5))
    assert world.arm.state[0][: len(home)] == pytest.approx(home, abs=0.01)


def test_steps_on_a_straight_line_are_the_period_that_goes_there(world: World) -> None:
    home, count = started(world), TWIN.physics.substeps
    ends = []
    for stepwise in (False, True):
        world.rebuild(TWIN)
        world.arm.reset(home, finger(world, 0.5))
        for period in range(3):
            start, goal = home + 0.02 * period, home + 0.02 * (period + 1)
            if not stepwise:
                world.arm.advance(goal, finger(world, 0.5))
                continue
            for k in range(count):
                share = (k + 1.0) / count
                world.arm.step(start + (goal - start) * share, finger(world, 0.5))
        ends.append(world.arm.state[0])
    assert ends[1] == pytest.approx(ends[0], abs=1e-12)


@pytest.mark.parametrize("prompt", [False, True])
def test_brakes_neither_wait_nor_lag(world: World, prompt: bool) -> None:
    home, count = started(world, controller={"delay": 2 * DT, "lag": 0.05}), TWIN.physics.substeps
    for k in range(4 * count):
        world.arm.step(home + 0.002 * k, finger(world, 0.5))
    where = world.arm.state[0][: len(home)]
    for _ in range(2 * count):
        world.arm.step(where, finger(world, 0.5), prompt=prompt)
    moved = np.abs(world.arm.state[0][: len(home)] - where).max()
    assert moved < 5e-3 if prompt else moved > 0.02


def test_a_jump_is_not_taken_for_an_obstacle(world: World) -> None:
    home = started(world)
    for _ in range(6 * TWIN.physics.substeps):
        world.arm.step(home + 0.1, finger(world, 0.5))
    assert world.arm.state[0][: len(home)] == pytest.approx(home + 0.1, abs=1e-3)


def test_its_load_is_what_pushes_it_and_what_it_holds(world: World) -> None:
    home = started(world, 1.0)
    assert not world.arm.load()[0].any()
    world.arm.push(np.array([0.0, 5.0, 0.0]))
    assert world.arm.load()[0].tolist() == [0.0, 5.0, 0.0]
    world.arm.push(np.zeros(3))
    tool = Kinematics(world.robot).forward(home)
    cube = world.add_box((0.02,) * 3, tuple(tool.translation), (1.0, 0.0, 0.0), mass=0.1)
    world.place(cube, tool.translation, float(np.arctan2(tool.rotation[1, 0], tool.rotation[0, 0])))
    for gravity, periods in ((0.0, 20), (-9.81, 40)):
        pybullet.setGravity(0.0, 0.0, gravity, physicsClientId=world.client)
        for _ in range(periods):
            world.arm.advance(home, finger(world, 0.0))
    force, torque = world.arm.load()
    assert force == pytest.approx([0.0, 0.0, -0.981], abs=0.02)
    assert np.linalg.norm(torque) < 0.05
