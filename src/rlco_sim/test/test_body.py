# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A robot in its world, without ROS: controllers, brakes and fingers at every step of physics."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from rlco_core.robot import RobotConfig
from rlco_sim.domain import Domain
from rlco_sim.machine.body import Body
from rlco_sim.machine.controller import Kind
from rlco_sim.machine.forward import Forward
from rlco_sim.machine.hand import Hand, Reach
from rlco_sim.machine.joint_trajectory import Code, Habits, JointTrajectoryController
from rlco_sim.machine.manager import ControllerManager
from rlco_sim.machine.tolerances import Tolerances
from rlco_sim.machine.ur import UrRobot
from rlco_sim.session import DT_NS, Session
from rlco_sim.trajectory import Point

UR5E = RobotConfig.load("ur5e")
NAMES, PARTS = list(UR5E.joint_names), 5
Built = tuple[Body, UrRobot]


@pytest.fixture(scope="module", params=["twin", "stand_in"])
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    made = Session("push_cube", Domain.load(request.param), UR5E)
    yield made
    made.close()


@pytest.fixture
def built(session: Session) -> Built:
    """A UR arm that is set up as its driver does it, or nearly so."""
    session.reset(1)
    tolerances, robot = Tolerances.same(6, 0.2, 0.1), UrRobot()
    jtc = JointTrajectoryController("jtc", NAMES, Habits(tolerances, scaled=True))
    jtc.activate(session.joint_positions)
    manager = ControllerManager([jtc, *(Forward(kind, NAMES) for kind in Kind)])
    hand = Hand(UR5E.gripper, session.fingers)
    return Body(session, manager, robot, hand, PARTS), robot


def run(body: Body, periods: int) -> None:
    for _ in range(periods):
        for part in range(PARTS):
            body.advance(part)


def goal_of(body: Body, away: float, seconds: float) -> object:
    jtc, session = body.manager.controllers["jtc"], body.session
    points = [Point(round(seconds * 1e9), session.joint_positions + away, np.zeros(6))]
    return jtc.begin(NAMES, points, 0, session.stamp_ns)


def test_parts_are_a_period_and_end_with_steps_of_physics(built: Built) -> None:
    body, _ = built
    session, start, stamps = body.session, body.session.stamp_ns, []
    for part in range(PARTS):
        body.advance(part)
        stamps.append(session.stamp_ns - start)
    steps = session.substeps
    assert stamps == [DT_NS * (steps * (k + 1) // PARTS) // steps for k in range(PARTS)]
    assert session.steps == 1


def test_a_goal_that_is_stopped_on_its_way_goes_on_after_the_pause(built: Built) -> None:
    body, robot = built
    start, goal = body.session.joint_positions.copy(), goal_of(body, 0.2, 1.0)
    run(body, 10)
    robot.protective_stop()
    run(body, 2)
    assert np.abs(body.session.motor_velocities[:6]).max() < 0.02, "rest within 100 ms"
    where = body.session.joint_positions.copy()
    run(body, 100)
    assert body.session.joint_positions == pytest.approx(where, abs=2e-3)
    assert robot.unlock_protective_stop().success
    assert robot.play().success
    run(body, 24)
    assert goal.code is Code.SUCCESSFUL
    run(body, 5)
    assert body.session.joint_positions == pytest.approx(start + 0.2, abs=5e-3)


def test_velocities_go_on_until_they_are_told_otherwise(built: Built) -> None:
    body, _ = built
    here = body.session.joint_positions.copy()
    assert body.manager.switch(["forward_velocity_controller"], ["jtc"], 2, here).ok
    body.manager.controllers["forward_velocity_controller"].take([0.2, 0, 0, 0, 0, 0])
    run(body, 20)
    assert body.session.joint_positions[0] - here[0] == pytest.approx(0.2, abs=0.02)
    assert body.manager.switch([], ["forward_velocity_controller"], 2, here).ok
    run(body, 5)
    assert np.abs(body.session.motor_velocities[:6]).max() < 0.01


def test_frozen_states_stand_still_while_the_arm_moves(built: Built) -> None:
    body, _ = built
    goal_of(body, 0.1, 0.5)
    body.frozen, (before, _) = True, body.seen
    run(body, 10)
    assert body.seen[0].tolist() == before.tolist()
    body.frozen = False
    run(body, 1)
    assert np.abs(body.seen[0] - before).max() > 0.05


def test_a_new_scene_ends_goals_and_holds_the_arm(built: Built) -> None:
    body, _ = built
    goal, grip = goal_of(body, 0.5, 10.0), body.hand.take(Reach(0.0, 1e-4, 9.0))
    run(body, 2)
    body.session.reset(2)
    body.begin()
    start = body.session.joint_positions.copy()
    assert goal.code is Code.INVALID_GOAL
    assert grip.ending is not None
    run(body, 5)
    assert body.session.joint_positions == pytest.approx(start, abs=5e-3)
