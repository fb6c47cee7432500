# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The scripted pick and place succeeds by friction alone, and passes its milestones in order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet
from rlco_sim.domain import Domain
from rlco_sim.scene import Split
from rlco_sim.session import DT, Session
from rlco_sim.shapes import names
from rlco_sim.tasks.pick_place import PickPlace


@dataclass
class Run:
    """One episode: whether it succeeded, and the first step at each milestone, -1 for never."""

    success: bool
    first: list[int]


def run(session: Session, seed: int, instruction: str = "") -> Run:
    path, task = ActionPath(session.robot, DT), None
    session.reset(seed, instruction)
    path.reset(session.joint_positions, session.gripper_opening)
    first = [-1] * len(session.milestones)
    while not session.success() and session.steps < session.max_steps:
        task = session.task
        command = path.step(task.expert(path.target, session.gripper_opening))
        assert command.verdict.accepted, command.verdict
        session.advance(command.joints, command.fingers)
        reached = session.reached()
        assert list(reached) == sorted(reached, reverse=True), "each includes those before it"
        for index, holds in enumerate(reached):
            if holds and first[index] < 0:
                first[index] = session.steps
        constraints = pybullet.getNumConstraints(physicsClientId=session.world.client)
        assert constraints == 1, "but for the gear between the fingers nothing is fixed"
    assert isinstance(task, PickPlace)
    return Run(session.success(), first)


@pytest.mark.parametrize("domain", ["twin", "stand_in"])
@pytest.mark.parametrize("robot", ["panda", "ur5e"])
def test_the_expert_succeeds_in_both_domains_with_both_arms(robot: str, domain: str) -> None:
    session = Session("pick_place", Domain.load(domain), RobotConfig.load(robot))
    runs = [run(session, seed) for seed in range(6)]
    session.close()
    assert sum(each.success for each in runs) >= 5
    for each in runs:
        if each.success:
            assert 0 < each.first[0] < each.first[1] < each.first[2] < 200


@pytest.mark.parametrize("split", ["unseen_states", "unseen_objects"])
def test_the_expert_succeeds_in_the_other_splits(split: Split) -> None:
    session = Session("pick_place", Domain.load("twin"), RobotConfig.load("panda"), split)
    successes = [run(session, seed).success for seed in range(6)]
    session.close()
    assert sum(successes) >= 5


@pytest.mark.parametrize("name", names(unseen=False))
def test_every_shape_can_be_picked_and_placed(name: str) -> None:
    session = Session("pick_place", Domain.load("twin"), RobotConfig.load("panda"))
    successes = [run(session, seed, f"put the {name} into the box").success for seed in (20, 21)]
    session.close()
    assert any(successes)


def test_an_object_that_is_taken_away_is_grasped_again() -> None:
    session = Session("pick_place", Domain.load("twin"), RobotConfig.load("ur5e"))
    session.reset(1, "put the cube into the box")
    path = ActionPath(session.robot, DT)
    path.reset(session.joint_positions, session.gripper_opening)
    task, robbed = session.task, False
    assert isinstance(task, PickPlace)
    while not session.success() and session.steps < session.max_steps:
        if session.reached()[1] and not robbed:
            robbed = True
            side = np.sign(session.world.position(task._container)[1])
            session.world.place(task._object, (0.45, -0.15 * side, task._shape.standing))
        command = path.step(task.expert(path.target, session.gripper_opening))
        session.advance(command.joints, command.fingers)
    assert robbed
    assert session.success()
    session.close()
