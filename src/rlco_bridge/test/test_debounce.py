# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Goals of a gripper: few, one at a time, and the newest wins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlco_bridge.grippers.debounce import Debounce


class Hand:
    """A debounce, and time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.debounce = Debounce(2.0, lambda: self.now)

    def due(self, opening: float) -> float | None:
        self.now += 0.05
        return self.debounce.due(opening)


@pytest.fixture
def hand() -> Hand:
    return Hand()


def test_what_repeats_or_trembles_is_one_goal(hand: Hand) -> None:
    sent = [hand.due(opening) for opening in (0.99, 1.0, 0.98, 0.97, 1.0)]
    assert sent == [1.0, None, None, None, None]


def test_a_new_goal_waits_for_the_answer_to_the_one_before(hand: Hand) -> None:
    assert hand.due(1.0) == 1.0
    assert [hand.due(0.0) for _ in range(10)] == [None] * 10
    hand.debounce.answered()
    assert hand.due(0.0) == 0.0


def test_a_goal_that_is_not_wanted_any_more_is_known(hand: Hand) -> None:
    assert not hand.debounce.outdated(0.0)
    assert hand.due(0.6) == 0.6
    outdated = [hand.debounce.outdated(opening) for opening in (0.62, 0.55, 0.0)]
    assert outdated == [False, False, True]
    hand.debounce.answered()
    assert not hand.debounce.outdated(0.0)


def test_an_answer_that_does_not_come_is_noticed(hand: Hand) -> None:
    hand.due(1.0)
    hand.now += 1.9
    assert hand.debounce.waited == 0.0
    hand.now += 0.2
    assert hand.debounce.waited == pytest.approx(0.1)
    hand.debounce.forget()
    assert hand.debounce.waited == 0.0
    assert hand.due(1.0) == 1.0


@given(st.lists(st.floats(0.0, 1.0), max_size=60))
def test_the_last_opening_is_reached_within_what_trembles(openings: list[float]) -> None:
    hand, goal = Hand(), None
    for opening in [*openings, 0.5, 0.5, 0.5, 0.5]:
        due = hand.due(opening)
        if due is not None:
            goal = due
            hand.debounce.answered()
    assert goal is not None
    assert abs(goal - 0.5) <= 0.08


def test_what_failed_is_tried_again_after_a_pause(hand: Hand) -> None:
    assert hand.due(0.0) == 0.0
    hand.debounce.failed("it was rejected")
    assert [hand.due(0.03) for _ in range(9)] == [None] * 9, "less than half a second"
    hand.now += 0.1
    assert hand.due(0.03) == 0.0
    assert hand.debounce.failure == ""


def test_some_failures_in_a_row_are_told_and_one_success_ends_the_row(hand: Hand) -> None:
    for _ in range(2):
        for _ in range(3):
            hand.now += 1.0
            assert hand.due(0.0) == 0.0
            hand.debounce.failed("it was rejected")
            assert hand.debounce.failure == ""
        hand.now += 1.0
        assert hand.due(1.0) == 1.0
        hand.debounce.answered()
    for _ in range(4):
        hand.now += 1.0
        hand.due(0.0)
        hand.debounce.failed("it was rejected")
    assert hand.debounce.failure == "it was rejected; 4 times in a row"
    hand.debounce.forget()
    assert hand.debounce.failure == ""


def test_answers_to_what_was_forgotten_count_no_more(hand: Hand) -> None:
    assert hand.due(0.0) == 0.0
    hand.debounce.forget()
    hand.debounce.failed("the scene was laid out anew")
    hand.now += 0.1
    assert hand.due(0.0) == 0.0
