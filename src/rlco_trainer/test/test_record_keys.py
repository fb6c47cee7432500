# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Keys as a device, and a terminal that is as it was afterwards."""

from __future__ import annotations

import io
import math
import os
import pty
import termios
from collections.abc import Iterator
from contextlib import suppress
from typing import TextIO

import numpy as np
import pytest

from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig
from rlco_teleop.buttons import Layout
from rlco_trainer.recording.keys import HOLD, PRESS, Keys
from rlco_trainer.recording.terminal import Screen, picture, unbuffered, waiting_keys

LIMITS = RobotConfig.load("panda").limits


def test_a_key_moves_the_arm_for_a_while() -> None:
    keys = Keys(LIMITS, 0.5)
    keys.press("wq", 10.0)
    moving = [0.25, 0.0, 0.0, 0.0, 0.0, 0.75]
    assert keys.velocity(10.0 + HOLD - 0.01).tolist() == moving
    assert not keys.velocity(10.0 + HOLD + 0.01).any()


def test_the_later_of_two_opposite_keys_counts() -> None:
    keys = Keys(LIMITS, 1.0)
    keys.press("ad", 0.0)
    assert keys.velocity(0.0)[1] == -0.5


@pytest.mark.parametrize(("typed", "speed"), [("", 0.4), ("+", 0.5), ("-", 0.32), ("+" * 99, 1.0)])
def test_speed_is_a_share_of_the_arm_s(typed: str, speed: float) -> None:
    keys = Keys(LIMITS, 0.4)
    keys.press(typed + "r", 0.0)
    assert keys.velocity(0.0)[2] == pytest.approx(speed * LIMITS.linear_speed)


@pytest.mark.parametrize(("key", "name"), [(" ", "toggle"), ("y", "success"), ("g", "failure")])
def test_buttons_are_down_for_a_moment(key: str, name: str) -> None:
    keys, index = Keys(LIMITS, 0.5), getattr(Layout(), name)
    assert not any(keys.buttons(5.0))
    keys.press(key, 5.0)
    assert keys.buttons(5.0 + PRESS - 0.01)[index] == 1
    assert not any(keys.buttons(5.0 + PRESS + 0.01))


def test_taking_over_lasts_until_it_is_handed_back() -> None:
    keys = Keys(LIMITS, 0.5)
    keys.press("t", 0.0)
    assert keys.buttons(9.0)[Layout().takeover] == 1
    keys.press("t", 9.0)
    assert keys.buttons(9.0)[Layout().takeover] == 0


def test_what_was_typed_while_nobody_read_it_moves_and_judges_nothing() -> None:
    keys = Keys(LIMITS, 0.4)
    keys.press("wyg +", -math.inf)
    assert not keys.velocity(0.0).any()
    assert not any(keys.buttons(0.0))
    keys.press("r", 0.0)
    assert keys.velocity(0.0)[2] == pytest.approx(0.5 * LIMITS.linear_speed), "it goes faster"


@pytest.fixture
def terminal() -> Iterator[tuple[TextIO, int]]:
    """A terminal, and the end at which it is typed."""
    typed, own = pty.openpty()
    with os.fdopen(own, "r") as stream:
        yield stream, typed
    os.close(typed)


def test_keys_come_one_by_one(terminal: tuple[TextIO, int]) -> None:
    stream, typed = terminal
    with unbuffered(stream):
        assert waiting_keys(stream) == ""
        os.write(typed, b"wa")
        assert waiting_keys(stream) == "wa"
        assert waiting_keys(stream) == ""


@pytest.mark.parametrize("end", [None, RuntimeError, KeyboardInterrupt])
def test_the_terminal_is_put_back_whatever_happens(
    terminal: tuple[TextIO, int], end: type[BaseException] | None
) -> None:
    stream, _ = terminal
    before = termios.tcgetattr(stream.fileno())
    with suppress(RuntimeError, KeyboardInterrupt), unbuffered(stream):
        assert termios.tcgetattr(stream.fileno()) != before
        if end is not None:
            raise end
    assert termios.tcgetattr(stream.fileno()) == before


def test_without_a_terminal_there_are_no_keys() -> None:
    with pytest.raises(ConfigError, match="needs a terminal"), unbuffered(io.StringIO()):
        pass


def test_a_picture_is_half_as_many_lines_with_a_colour_where_it_changes() -> None:
    image = np.zeros((4, 3, 3), np.uint8)
    image[0, 2] = 255, 0, 10
    lines = picture(image)
    assert len(lines) == 2
    assert lines[0].count("\u2580") == lines[1].count("\u2580") == 3
    assert lines[0].count("\x1b[38") == 2
    assert "\x1b[38;2;255;0;10;48;2;0;0;0m" in lines[0]


def test_the_next_picture_takes_the_place_of_the_last() -> None:
    out = io.StringIO()
    screen = Screen(out)
    screen.show(np.zeros((4, 4, 3), np.uint8), "push")
    assert "\x1b[3A" not in out.getvalue()
    screen.show(np.zeros((4, 4, 3), np.uint8), "push")
    assert out.getvalue().count("\x1b[3A") == 1
    screen.scroll()
    screen.show(np.zeros((4, 4, 3), np.uint8), "push")
    assert out.getvalue().count("\x1b[3A") == 1
