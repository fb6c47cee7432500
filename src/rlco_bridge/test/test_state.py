# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Joint states, however drivers cut them into messages."""

from __future__ import annotations

import pytest
from sensor_msgs.msg import JointState

from rlco_bridge.driver import GripperJoint
from rlco_bridge.state import StateReader
from rlco_core.errors import ConfigError

ARM = ["left_a", "left_b"]
KNUCKLE = GripperJoint(name="knuckle", closed=0.8, open=0.0)


def message(**positions: float) -> JointState:
    return JointState(name=list(positions), position=list(positions.values()))


def reader(gripper: GripperJoint | None = KNUCKLE, told: float = 0.3) -> StateReader:
    return StateReader(ARM, gripper, lambda: told)


def test_joints_are_read_by_name_whatever_their_order() -> None:
    measured = reader().take(message(knuckle=0.2, left_b=2.0, other=9.0, left_a=1.0))
    assert measured is not None
    assert (measured.joints.tolist(), measured.gripper_opening) == ([1.0, 2.0], pytest.approx(0.75))


def test_the_gripper_may_be_told_elsewhere() -> None:
    one = reader()
    assert one.take(message(left_a=1.0, left_b=2.0)) is None, "the gripper was not heard yet"
    assert one.take(message(knuckle=0.8)) is None
    measured = one.take(message(left_a=1.0, left_b=2.0))
    assert measured is not None
    assert measured.gripper_opening == 0.0


def test_a_gripper_that_nobody_tells_of_is_where_it_was_told_to_be() -> None:
    measured = reader(None).take(message(left_a=1.0, left_b=2.0, knuckle=0.8))
    assert measured is not None
    assert measured.gripper_opening == 0.3


@pytest.mark.parametrize(
    ("positions", "problem"),
    [
        ({"left_a": 1.0}, "joint state has no position of left_b"),
        ({"left_a": 1.0, "left_b": float("nan")}, "joint state of left_b is nan"),
        ({"knuckle": float("inf")}, "joint state of knuckle is inf"),
    ],
)
def test_what_is_missing_or_not_finite_is_named(positions: dict[str, float], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        reader().take(message(**positions))
