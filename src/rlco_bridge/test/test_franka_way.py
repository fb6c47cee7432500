# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What the Franka Hand is told in place of an opening, and what its answers mean."""

from __future__ import annotations

from typing import Any

import pytest

from rlco_bridge.driver import DriverConfig
from rlco_bridge.grippers.action import Failed, Goal
from rlco_bridge.grippers.franka import FrankaWay

actions = pytest.importorskip("franka_msgs.action")

ABORTED, FAILED = "libfranka gripper: Command aborted!", "libfranka gripper: Command failed!"
NS = 1_000_000_000


@pytest.fixture
def way() -> FrankaWay:
    return FrankaWay(DriverConfig.load("franka").gripper, actions.Move, actions.Grasp)


def asked(goal: Goal | Failed | None) -> str:
    return goal.action.split("/")[-1] if isinstance(goal, Goal) else "nothing"


def moved(success: bool, error: str = "") -> Any:
    return actions.Move.Result(success=success, error=error)


def grasped(way: FrankaWay, opening: float) -> None:
    """It holds something that is as wide as ``opening``, or nothing at 0."""
    assert asked(way.goal(0.0)) == "grasp"
    way.look(0, opening)
    assert way.ended(actions.Grasp.Result(success=True)) is None


def stands(way: FrankaWay, opening: float, begun: float, seconds: float) -> bool:
    """Whether a move is to be given up whose fingers went from ``begun`` and stand."""
    way.look(0, begun)
    way.look(NS // 2, opening)
    return way.look(NS // 2 + int(seconds * NS), opening)


@pytest.mark.parametrize(
    ("opening", "action"), [(1.0, "move"), (0.5, "move"), (0.2, "move"), (0.08, "grasp")]
)
def test_partial_closing_is_a_move_wherever_the_fingers_are(
    way: FrankaWay, opening: float, action: str
) -> None:
    for measured in (1.0, 0.5, 0.0):
        way.look(0, measured)
        assert asked(way.goal(opening)) == action


def test_what_is_held_is_not_loosened_nor_grasped_twice(way: FrankaWay) -> None:
    grasped(way, 0.5)
    assert [asked(way.goal(opening)) for opening in (0.0, 0.3, 0.05)] == ["nothing"] * 3
    assert asked(way.goal(0.6)) == "move"


def test_a_thing_as_wide_as_the_hand_is_let_go(way: FrankaWay) -> None:
    grasped(way, 1.0)
    assert [asked(way.goal(opening)) for opening in (0.9, 1.0)] == ["nothing", "move"]


def test_empty_fingers_open_a_little_and_are_not_closed_twice(way: FrankaWay) -> None:
    grasped(way, 0.0)
    assert asked(way.goal(0.0)) == "nothing"
    assert asked(way.goal(0.3)) == "move"


def test_fingers_that_somebody_opened_hold_nothing(way: FrankaWay) -> None:
    grasped(way, 0.3)
    way.look(NS, 1.0)
    assert asked(way.goal(0.0)) == "grasp"


def test_a_grasp_outside_of_its_widths_is_no_failure_and_holds_nothing(way: FrankaWay) -> None:
    way.goal(0.0)
    assert way.ended(actions.Grasp.Result(success=False)) is None
    assert asked(way.goal(0.0)) == "grasp"
    assert way.ended(actions.Grasp.Result(error=FAILED)) == Failed(FAILED)


def test_a_move_that_something_blocks_is_given_up_once_the_fingers_stand(way: FrankaWay) -> None:
    way.goal(0.3)
    assert not stands(way, 0.55, begun=1.0, seconds=0.3)
    assert stands(way, 0.55, begun=1.0, seconds=0.5)
    assert asked(way.ended(moved(False, ABORTED))) == "grasp", "we stopped it"


def test_fingers_that_are_there_or_on_their_way_are_not_blocked(way: FrankaWay) -> None:
    way.goal(0.5)
    assert not stands(way, 0.52, begun=1.0, seconds=9.0)
    for step in range(100):
        assert not way.look((10 + step) * NS, 0.9 - 0.03 * step)
    assert way.ended(moved(True)) is None


def test_an_opening_that_something_blocks_is_given_up_and_grasps_nothing(way: FrankaWay) -> None:
    way.goal(1.0)
    assert stands(way, 0.7, begun=0.2, seconds=0.5)
    assert way.ended(moved(False, ABORTED)) is None


def test_a_hand_that_does_nothing_is_not_blocked_but_late(way: FrankaWay) -> None:
    way.goal(1.0)
    assert not stands(way, 0.0, begun=0.0, seconds=60.0)
    assert way.ended(moved(False, FAILED)) == Failed(FAILED)


def test_fingers_may_have_a_thing_between_them_from_the_start(way: FrankaWay) -> None:
    way.goal(0.3)
    assert not stands(way, 0.5, begun=0.5, seconds=0.45)
    assert stands(way, 0.5, begun=0.5, seconds=0.55)


@pytest.mark.parametrize(
    ("error", "after"), [("", "grasp"), (FAILED, "grasp"), (ABORTED, "nothing")]
)
def test_a_hand_that_says_itself_that_it_is_blocked_grasps(
    way: FrankaWay, error: str, after: str
) -> None:
    way.goal(0.3)
    assert not stands(way, 0.55, begun=1.0, seconds=0.1)
    ended = way.ended(moved(False, error))
    assert asked(ended) == after
    if error == ABORTED:
        assert ended == Failed(ABORTED), "a person did that"
