# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The simulator on real topics: other arms and tasks, splits, domains that draw and delay."""

from __future__ import annotations

import numpy as np
import pytest
from robot_at_hand import PANDA, Stage, positions, stamp_of

from rlco_core.robot import RobotConfig
from rlco_core.stamps import stamp_to_ns
from rlco_sim.domain import Domain
from rlco_sim.session import DT_NS, Session
from rlco_sim.tasks.push_cube import UNSEEN_COLOURS, named_colour

AHEAD = np.array(PANDA.home) + 0.05
UR5E = RobotConfig.load("ur5e")


def test_scenes_are_of_the_split_that_it_is_started_with(stage: Stage) -> None:
    stage.simulator(split="unseen_objects")
    instructions = [stage.reset(seed).instruction for seed in range(5)]
    assert all(named_colour(text) in UNSEEN_COLOURS for text in instructions)
    assert stage.reset(0, "push the purple cube").success
    assert not stage.reset(0, "push the red cube").success


@pytest.mark.parametrize("stage", [UR5E], indirect=True, ids=["ur5e"])
@pytest.mark.parametrize("task", ["pick_place", "open_drawer"])
def test_another_arm_speaks_on_topics_of_its_own_and_moves_as_its_session(
    stage: Stage, task: str
) -> None:
    stage.simulator(task=task)
    answer, session = stage.reset(2, task=task), Session(task, Domain.load("twin"), UR5E)
    scene = session.reset(2)
    assert (answer.success, answer.instruction) == (True, scene.instruction)
    assert answer.max_steps == session.max_steps
    stage.wait(lambda: stage.now == stamp_to_ns(answer.stamp))
    goal = np.array(UR5E.home) + 0.05
    for _ in range(4):
        stage.step(goal, 0.03)
        session.advance(goal, 0.03)
        told = stage.hand.joints[-1]
        assert positions(told).tolist() == session.motor_positions.tolist()
    assert list(told.name) == [*UR5E.joint_names, *UR5E.gripper_joint_names]
    assert np.abs(session.joint_positions - goal).max() < 0.01
    session.close()


def test_what_is_said_arrives_as_late_as_the_domain_has_it(stage: Stage) -> None:
    """Joints and images of the stand-in are one or two periods old, and stamped on arrival."""
    stage.simulator(domain="stand_in", image_every=1)
    answer = stage.reset(5)
    session = Session("push_cube", Domain.load("stand_in"), PANDA)
    session.reset(5)
    for step in range(6):
        start = stamp_to_ns(answer.stamp) + step * DT_NS
        stage.wait(lambda: stage.hand.images and stamp_of(stage.hand.images[-1]) == start)  # noqa: B023
        told, _ = session.joint_state()
        assert positions(stage.hand.joints[-1]).tolist() == told.tolist()
        assert step == 0 or told.tolist() != session.motor_positions.tolist()
        assert bytes(stage.hand.images[-1].data) == session.image().tobytes()
        stage.step(AHEAD, 0.03)
        session.advance(AHEAD, 0.03)
    session.close()


def test_camera_infos_are_of_this_episodes_camera(stage: Stage) -> None:
    stage.simulator(domain="wide")
    focal = set()
    for seed in (1, 2, 3):
        start = stamp_to_ns(stage.reset(seed).stamp)
        stage.wait(lambda: stamp_of(stage.hand.infos[-1]) == start)  # noqa: B023
        drawn = Domain.load("wide").draw(seed).camera
        assert stage.hand.infos[-1].k.tolist() == list(drawn.k)
        focal.add(drawn.k[0])
    assert len(focal) == 3
