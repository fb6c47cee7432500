# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Joint states, however drivers cut them into messages."""

from __future__ import annotations

import pytest
from sensor_msgs.msg import JointState

from rlco_bridge.driver import GripperJoint
from rlco_bridge.state import StateReader
from rlco_bridge.watchdog import Watchdog
from rlco_core.errors import ConfigError

ARM = ["left_a", "left_b"]
KNUCKLE = GripperJoint(name="knuckle", closed=0.8, open=0.0)


class Clock:
    """Time that passes by hand, s."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def message(**positions: float) -> JointState:
    return JointState(name=list(positions), position=list(positions.values()))


def arm() -> JointState:
    return message(left_a=1.0, left_b=2.0)


def whole(one: StateReader) -> bool:
    """Whether the arm is measured now, and the gripper with it."""
    measured = one.take(arm())
    assert measured is not None, "where the arm is, is always to be known"
    return measured.whole


def reader(
    gripper: GripperJoint | None = KNUCKLE, told: float = 0.3, clock: Clock | None = None
) -> StateReader:
    heard = Watchdog(0.5, clock or Clock())
    return StateReader(ARM, gripper, "/hand/joint_states", lambda: told, heard)


def test_joints_are_read_by_name_whatever_their_order() -> None:
    measured = reader().take(message(knuckle=0.2, left_b=2.0, other=9.0, left_a=1.0))
    assert measured is not None
    assert (measured.joints.tolist(), measured.gripper_opening) == ([1.0, 2.0], pytest.approx(0.75))


def test_the_gripper_may_be_told_elsewhere() -> None:
    one = reader()
    assert one.take(arm()) is None, "the gripper was not heard yet"
    assert one.take(message(knuckle=0.8)) is None
    measured = one.take(arm())
    assert measured is not None
    assert measured.gripper_opening == 0.0


def test_a_gripper_that_falls_silent_is_not_taken_to_be_where_it_was() -> None:
    clock = Clock()
    one = reader(clock=clock)
    one.take(message(knuckle=0.8))
    clock.now = 0.4
    assert whole(one)
    assert one.overdue() == ""
    clock.now = 0.6
    assert not whole(one)
    assert one.overdue() == "nothing new of knuckle on /hand/joint_states for 0.6 s"
    one.take(message(knuckle=0.4))
    measured = one.take(arm())
    assert measured is not None
    assert (measured.gripper_opening, measured.whole) == (pytest.approx(0.5), True)
    assert one.overdue() == ""


def test_an_episode_begins_with_news_of_the_gripper() -> None:
    clock = Clock()
    one = reader(clock=clock)
    one.take(message(knuckle=0.8))
    clock.now = 3600.0
    one.begin()
    assert not whole(one), "it was heard an hour ago"
    assert one.overdue() == "", "it has time to be heard again"
    clock.now += 0.6
    assert one.overdue() == "nothing new of knuckle on /hand/joint_states for 0.6 s"
    one.take(message(knuckle=0.8))
    assert whole(one)


def test_a_gripper_that_nobody_tells_of_is_where_it_was_told_to_be() -> None:
    clock = Clock()
    one = reader(None, clock=clock)
    clock.now = 60.0
    measured = one.take(message(left_a=1.0, left_b=2.0, knuckle=0.8))
    assert measured is not None
    assert (measured.gripper_opening, measured.whole, one.overdue()) == (0.3, True, "")


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
