# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Axes and buttons mean what the layout says, presses are heard once."""

from __future__ import annotations

import numpy as np
import pytest
from desk import Clock
from hypothesis import given
from hypothesis import strategies as st

from rlco_teleop.buttons import NONE, Buttons, Layout
from rlco_teleop.inbox import Inbox

AXES = st.lists(st.floats(-1.0, 1.0), min_size=0, max_size=9)


def pad(layout: Layout | None = None) -> tuple[Buttons, Clock]:
    clock = Clock()
    return Buttons(layout or Layout(), Inbox(False, 0.2, clock)), clock


def press(buttons: Buttons, *pressed: int) -> None:
    """Down in one message, up in the next."""
    buttons.put(0, [], [int(index in pressed) for index in range(8)])
    buttons.put(0, [], [0] * 8)


@given(AXES)
def test_deflections_stay_within_one_and_rest_in_the_middle(axes: list[float]) -> None:
    buttons, _ = pad()
    buttons.put(0, axes, [])
    found = buttons.deflection(0)
    assert (np.abs(found) <= 1.0).all()
    assert (found[[i >= len(axes) for i in Layout().axes]] == 0.0).all()
    for value, index in zip(found, Layout().axes, strict=True):
        if index < len(axes):
            assert value * axes[index] >= 0.0
            assert (value == 0.0) == (abs(axes[index]) <= Layout().dead_zone)


def test_full_deflection_is_one_and_a_silent_pad_rests() -> None:
    buttons, clock = pad()
    buttons.put(0, [0.0, 1.0, 0.0, -1.0], [])
    assert buttons.deflection(0).tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, -1.0]
    clock.now += 0.3
    assert not buttons.deflection(0).any()


def test_axes_that_are_none_do_not_move() -> None:
    buttons, _ = pad(Layout(axes=(0, NONE, NONE, NONE, NONE, NONE)))
    buttons.put(0, [1.0, 1.0, 1.0], [])
    assert buttons.deflection(0).tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_the_deadman_must_be_held_and_a_silent_pad_holds_nothing() -> None:
    buttons, clock = pad()
    assert not buttons.held(0)
    buttons.put(0, [], [0, 0, 0, 0, 0, 1])
    assert buttons.held(0)
    clock.now += 0.3
    assert not buttons.held(0)
    assert pad(Layout(deadman=NONE))[0].held(0)


@pytest.mark.parametrize(
    ("pressed", "was", "becomes"),
    [
        ([], 0.3, 0.3),
        ([Layout().open], 0.3, 1.0),
        ([Layout().close], 0.3, 0.0),
        ([Layout().toggle], 0.3, 1.0),
        ([Layout().toggle], 0.8, 0.0),
        ([Layout().toggle, Layout().toggle], 0.8, 1.0),
    ],
)
def test_the_gripper_does_what_was_pressed_once(
    pressed: list[int], was: float, becomes: float
) -> None:
    buttons, _ = pad()
    for index in pressed:
        press(buttons, index)
    assert buttons.grip(0, was) == becomes
    assert buttons.grip(0, 0.4) == 0.4


def test_a_button_that_stays_down_is_pressed_once() -> None:
    buttons, _ = pad()
    for _ in range(3):
        buttons.put(0, [], [1])
    assert buttons.grip(0, 0.9) == 0.0
    assert buttons.grip(0, 0.0) == 0.0


@pytest.mark.parametrize(("axis", "opening"), [(-1.0, 0.0), (0.0, 0.5), (1.0, 1.0)])
def test_an_axis_says_how_far_the_gripper_is_open(axis: float, opening: float) -> None:
    buttons, clock = pad(Layout(gripper_axis=0))
    buttons.put(0, [axis], [])
    assert buttons.grip(0, 0.3) == opening
    clock.now += 0.3
    assert buttons.grip(0, 0.3) == 0.3


def test_verdicts_are_told_once() -> None:
    buttons, _ = pad()
    press(buttons, Layout().success)
    press(buttons, Layout().failure)
    assert buttons.verdicts() == [True, False]
    assert buttons.verdicts() == []
