# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A robot's safety asks every limit that the robot declares; the first that refuses decides."""

from __future__ import annotations

import numpy as np
import pytest

from rlco_core.kinematics import Kinematics
from rlco_core.limits import Setpoint
from rlco_core.robot import RobotConfig
from rlco_core.safety import Safety, robot_safety
from rlco_core.types import ACCEPTED, Verdict

PANDA = RobotConfig.load("panda")
KINEMATICS = Kinematics(PANDA)
SAFETY = robot_safety(PANDA, KINEMATICS)
HOME = KINEMATICS.home
DT = 0.05


class Says:
    """A limit with its mind made up, which notes that it was asked."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.asked = 0

    def check(self, *_: object) -> Verdict:
        self.asked += 1
        return self.verdict


def test_the_first_refusal_decides_and_the_rest_is_not_asked() -> None:
    limits = [
        Says(ACCEPTED),
        Says(Verdict(False, "first", "no")),
        Says(Verdict(False, "second", "no")),
    ]
    safety = Safety(action_limits=limits, setpoint_limits=limits)
    assert safety.check_action(np.zeros(7), DT).limit == "first"
    setpoint = Setpoint(HOME, np.zeros(7), np.zeros(3))
    assert safety.check_setpoint(setpoint).limit == "first"
    assert [limit.asked for limit in limits] == [2, 2, 0]


def test_without_limits_all_is_accepted() -> None:
    assert Safety((), ()).check_action(np.full(7, np.nan), DT) == ACCEPTED


def at(joints: np.ndarray, previous: np.ndarray) -> Setpoint:
    velocity = (joints - previous) / DT
    return Setpoint(joints, velocity, KINEMATICS.forward(joints).translation)


def test_standing_at_home_is_accepted() -> None:
    assert SAFETY.check_action(np.zeros(7), DT) == ACCEPTED
    assert SAFETY.check_setpoint(at(HOME, HOME)) == ACCEPTED


@pytest.mark.parametrize(
    ("action", "limit"),
    [([np.nan] * 7, "finite"), ([np.inf] * 7, "finite"), ([0, 0, 0.03, 0, 0, 0, 0], "speed")],
)
def test_the_pandas_action_limits(action: list[float], limit: str) -> None:
    assert SAFETY.check_action(np.array(action), DT).limit == limit


def test_the_pandas_joint_stops_have_the_margin_of_its_file() -> None:
    margin = PANDA.limits.joint_margin
    joints = HOME.copy()
    joints[6] = KINEMATICS.upper[6] - margin + 1e-4
    verdict = SAFETY.check_setpoint(at(joints, joints))
    assert (verdict.limit, verdict.reason) == (
        "joint_position",
        "panda_joint7 would be 2.877 rad, outside -2.877..2.877",
    )
    joints[6] -= 2e-4
    assert SAFETY.check_setpoint(at(joints, joints)).accepted


@pytest.mark.parametrize("joint", range(7))
def test_the_pandas_joint_speeds_have_the_scale_of_its_file(joint: int) -> None:
    step = np.zeros(7)
    step[joint] = KINEMATICS.velocity[joint] * PANDA.limits.velocity_scale * DT
    assert SAFETY.check_setpoint(at(HOME, HOME + step)).accepted
    verdict = SAFETY.check_setpoint(at(HOME, HOME + 1.01 * step))
    assert verdict.limit == "joint_velocity"
    assert verdict.reason.startswith(f"panda_joint{joint + 1} would move at ")


def test_the_pandas_box_has_the_margin_of_its_file() -> None:
    floor, margin = PANDA.limits.workspace.lower[2], PANDA.limits.workspace_margin
    for depth, accepted in ((0.9 * margin, True), (1.1 * margin, False)):
        setpoint = Setpoint(HOME, np.zeros(7), np.array([0.5, 0.0, floor - depth]))
        assert SAFETY.check_setpoint(setpoint).accepted is accepted
