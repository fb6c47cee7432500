# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Progress: plain lines on a given clock, a bar in a terminal."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from rlco_trainer.progress import Advance, duration, progress


class Clock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def plain_lines(steps: Callable[[Clock, Advance], None], total: int, done: int = 0) -> list[str]:
    clock, console = Clock(), Console(file=io.StringIO(), force_terminal=False)
    with progress("eval", total, console, done, clock) as advance:
        steps(clock, advance)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_plain_lines_come_at_intervals_with_time_left() -> None:
    def steps(clock: Clock, advance: Advance) -> None:
        for _ in range(20):
            clock.now += 2.0
            advance(note="all well")

    assert plain_lines(steps, 20) == [
        "eval 8/20, 24.0 s left, all well",
        "eval 16/20, 8.0 s left, all well",
        "eval 20/20, took 40.0 s, all well",
    ]


def test_plain_lines_of_a_resumed_run_estimate_from_this_run() -> None:
    def steps(clock: Clock, advance: Advance) -> None:
        clock.now += 20.0
        advance(10)

    assert plain_lines(steps, 120, done=90) == ["eval 100/120, 40.0 s left"]


def test_plain_lines_take_text_as_it_is() -> None:
    def steps(clock: Clock, advance: Advance) -> None:
        advance(note="[red]x[/]")

    assert plain_lines(steps, 1) == ["eval 1/1, took 0.0 s, [red]x[/]"]


def test_terminal_shows_a_bar() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    with progress("train", 4, console) as advance:
        advance(3, "loss 0.1")
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "train" in text
    assert "3/4" in text
    assert "loss 0.1" in text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (8.31, "8.3 s"),
        (59.97, "1 min 00 s"),
        (73.4, "1 min 13 s"),
        (3599.8, "1 h 00 min"),
        (7512, "2 h 05 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text
