# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Actions known beforehand are due in order, and make up for what clocks did to them."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest
from numpy.typing import NDArray

from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_trainer.demonstrations.demonstrate import Demonstration
from rlco_trainer.recording.script import Script, commanded_path

DT_NS = 50_000_000


def script(length: int = 4) -> Script:
    """Rows that count up, the gripper at 0.5."""
    made = Script(DT_NS)
    made.actions = np.zeros((length, 7), np.float32)
    made.actions[:, 0], made.actions[:, 6] = np.arange(length), 0.5
    made.start(1000)
    return made


def first(due: tuple[int, NDArray[np.float32]] | None) -> tuple[int, list[float]]:
    """When, and the first column."""
    assert due is not None
    return due[0], due[1][:, 0].tolist()


def test_the_first_instant_from_the_start_on_has_the_first_action() -> None:
    made = script()
    assert made.due(999, 2) is None
    assert first(made.due(1700, 2)) == (1700, [0.0, 1.0])
    assert first(made.due(1700 + DT_NS, 2)) == (1700 + DT_NS, [1.0, 2.0])


def test_between_instants_the_action_of_the_period_is_due() -> None:
    made = script()
    made.due(1000, 2)
    assert first(made.due(1000 + 2 * DT_NS + 7, 2)) == (1000 + 2 * DT_NS, [2.0, 3.0])


def test_after_the_last_action_the_arm_rests_with_the_gripper_as_it_is() -> None:
    made = script()
    made.due(1000, 2)
    due = made.due(1000 + 3 * DT_NS, 3)
    assert first(due)[1] == [3.0, 0.0, 0.0]
    assert due is not None
    assert due[1][:, 6].tolist() == [0.5, 0.5, 0.5]


def test_what_has_stopped_is_not_due() -> None:
    made = script()
    made.stop()
    assert made.due(2000, 1) is None


def test_an_episode_tells_where_the_arm_was_told_to_be(demonstration: Demonstration) -> None:
    """As the action path had it, to what float32 keeps."""
    robot = RobotConfig.load("panda")
    path = commanded_path(demonstration.states, demonstration.actions)
    played = ActionPath(robot, 0.05)
    assert len(path) == len(demonstration.actions) + 1
    for before, action, after in zip(path, demonstration.actions, path[1:], strict=False):
        joints = played.kinematics.inverse(before, played.command)
        played.reset(joints, 1.0)
        played.step(action)
        np.testing.assert_allclose(played.target.translation, after.translation, atol=1e-4)


@pytest.mark.parametrize("skipped", [(), (3,), (3, 4, 8)])
def test_periods_that_were_skipped_are_made_up_for(skipped: tuple[int, ...]) -> None:
    """What was told is known a period late."""
    made = Script(DT_NS)
    made.actions = np.zeros((40, 7), np.float32)
    made.actions[:10, 0] = 0.01
    made.path = [
        pin.SE3(np.eye(3), np.array([0.01 * min(period, 10), 0.0, 0.0])) for period in range(41)
    ]
    made.start(0)
    at, before = 0.0, 0.0
    for period in range(40):
        made.told((period - 1) * DT_NS, pin.SE3(np.eye(3), np.array([before, 0.0, 0.0])))
        due = made.due(period * DT_NS, 1)
        assert due is not None
        before = at
        if period not in skipped:
            at += float(due[1][0, 0])
    assert at == pytest.approx(0.1, abs=1e-3)
