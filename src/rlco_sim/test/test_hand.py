# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Fingers and what grippers make of goals, with fingers that follow until something is between."""

from __future__ import annotations

import pytest

from rlco_core.robot import RobotConfig
from rlco_sim.machine.hand import (
    STOPPED,
    Ending,
    Grasp,
    GripperController,
    Hand,
    Homing,
    Move,
    Reach,
    Running,
    gripper_action,
)
from rlco_sim.machine.knuckle import CLOSED, Knuckle

PANDA, UR5E = (RobotConfig.load(name).gripper for name in ("panda", "ur5e"))
STEP = 0.004


class Fingers:
    """A hand, and something ``between`` its fingers, m from the middle."""

    def __init__(self, position: float, between: float = 0.0) -> None:
        self.hand, self.between = Hand(PANDA, position), between
        self.position = position

    def run(self, seconds: float) -> None:
        velocity = 0.0
        for _ in range(round(seconds / STEP)):
            command = self.hand.next(self.position, velocity, round(STEP * 1e9))
            gone = max(command, self.between) - self.position
            self.position += min(max(gone, -0.1 * STEP), 0.1 * STEP)
            velocity = min(max(gone / STEP, -0.1), 0.1)

    def do(self, task: object, seconds: float = 5.0) -> Running:
        running = self.hand.take(task)
        self.run(seconds)
        return running


def test_a_move_ends_where_it_was_to_at_its_speed() -> None:
    fingers = Fingers(0.04)
    running = fingers.do(Move(0.02, 0.02), 1.0)
    assert running.ending is None
    assert fingers.position == pytest.approx(0.03, abs=1e-3), "a hundredth of the width per s each"
    fingers.run(3.0)
    assert running.ending == Ending(True)
    assert fingers.position == pytest.approx(0.01, abs=1e-4)


def test_fingers_that_move_slowly_are_not_blocked() -> None:
    fingers = Fingers(0.04)
    assert fingers.do(Move(0.076, 0.001), 3.0).ending is None
    assert fingers.do(Move(0.076, 0.001), 3.0).ending == Ending(True)


def test_a_move_that_is_blocked_goes_on_until_the_hand_is_stopped_or_gives_up() -> None:
    fingers = Fingers(0.04, between=0.02)
    running = fingers.do(Move(0.0, 0.1), 30.0)
    assert running.ending is None
    fingers.hand.stop(STOPPED)
    assert running.ending == Ending(False, error="libfranka gripper: Command aborted!")
    failed = fingers.do(Move(0.0, 0.1), 101.0).ending
    assert failed == Ending(False, error="libfranka gripper: Command failed!")


def test_a_move_that_is_too_wide_fails() -> None:
    wide = Fingers(0.04).do(Move(0.09, 0.1)).ending
    assert wide is not None
    assert wide.error == "width is 0.09 m; it should be 0 to 0.08"


@pytest.mark.parametrize(("width", "held"), [(0.04, True), (0.0, False), (0.034, False)])
def test_a_grasp_succeeds_if_what_is_held_is_as_wide_as_was_said(width: float, held: bool) -> None:
    fingers = Fingers(0.04, between=0.02)
    ending = fingers.do(Grasp(width, 0.1)).ending
    assert ending is not None
    assert ending.done is held
    assert (fingers.position, ending.error) == (pytest.approx(0.02), "")
    fingers.between = 0.01
    fingers.run(1.0)
    assert fingers.position == pytest.approx(0.01 if held else 0.02), "else it presses no more"
    assert fingers.do(Grasp(0.0, 0.1, outer=0.05)).ending == Ending(True)


def test_gripper_action_takes_half_of_the_width_and_fails_on_what_it_holds() -> None:
    fingers = Fingers(0.04, between=0.02)
    hand = fingers.hand
    assert gripper_action(0.04, hand) == Ending(True)
    assert gripper_action(0.041, hand) == Ending(
        False, error="position is 0.041 m; it should be 0 to 0.04"
    )
    shut = fingers.do(gripper_action(0.0, hand)).ending
    assert shut == Ending(False)
    assert gripper_action(0.03, hand) == Move(0.06, 0.1)
    assert fingers.do(gripper_action(0.03, hand)).ending == Ending(True)
    assert fingers.do(gripper_action(0.02, hand)).ending == Ending(True)


def test_homing_closes_and_opens() -> None:
    fingers = Fingers(0.02)
    running = fingers.do(Homing(), 0.6)
    assert fingers.position == pytest.approx(0.0, abs=1e-3)
    assert running.ending is None
    fingers.run(2.0)
    assert running.ending == Ending(True)
    assert fingers.position == pytest.approx(0.04)


def test_a_position_is_reached_or_stalls() -> None:
    fingers = Fingers(0.04, between=0.02)
    assert fingers.do(Reach(0.03, 1e-3)).ending == Ending(True)
    stalled = fingers.do(Reach(0.0, 1e-3)).ending
    assert stalled is not None
    assert (stalled.done, stalled.stalled) == (False, True)


def test_goals_beside_each_other_share_the_fingers() -> None:
    fingers = Fingers(0.04)
    first, second = fingers.hand.take(Move(0.0, 0.1)), fingers.hand.take(Move(0.06, 0.1))
    fingers.run(3.0)
    assert (first.ending, second.ending) == (None, Ending(True))


def test_a_silent_hand_neither_moves_nor_ends_anything() -> None:
    fingers = Fingers(0.04)
    fingers.hand.silent = True
    running = fingers.do(Move(0.0, 0.1))
    early = fingers.do(Ending(True))
    assert (running.ending, early.ending, fingers.position) == (None, None, 0.04)


def test_stopping_and_deactivating_end_goals_where_the_fingers_are() -> None:
    fingers = Fingers(0.04)
    controller = GripperController("gripper", "kind", (), fingers.hand)
    controller.activate([])
    running = fingers.do(Move(0.0, 0.02), 1.0)
    where = fingers.position
    controller.deactivate()
    assert running.ending == Ending(False, error="gripper was deactivated")
    fingers.run(1.0)
    assert fingers.position == pytest.approx(where, abs=1e-3)


def test_a_knuckle_turns_as_fingers_close() -> None:
    knuckle = Knuckle(UR5E)
    assert knuckle.angle(UR5E.open) == 0.0
    assert knuckle.angle(UR5E.closed) == CLOSED
    for angle in (0.0, 0.3, CLOSED):
        assert knuckle.angle(knuckle.position(angle)) == pytest.approx(angle)
    assert knuckle.position(9.0) == UR5E.closed
    slope = (knuckle.angle(0.02) - knuckle.angle(0.01)) / 0.01
    assert knuckle.rate == pytest.approx(slope)
