# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How far a long command is: a bar in a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

PLAIN_LINE_SECONDS = 15.0
Clock = Callable[[], float]


class Advance(Protocol):
    """Reports ``count`` more units done, and optionally what to show beside the bar."""

    def __call__(self, count: int = 1, note: str = "") -> None: ...


@contextmanager
def progress(
    label: str,
    total: int,
    console: Console | None = None,
    done: int = 0,
    clock: Clock = time.monotonic,
) -> Iterator[Advance]:
    """Shows the progress of ``total`` units, ``done`` of which an earlier run has finished."""
    console = console or Console()
    if console.is_terminal:
        with _bar(console) as bar:
            yield _bar_advance(bar, label, total, done)
    else:
        yield _PlainLines(label, total, console, done, clock)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=console,
        # One slow step must not make the estimate vanish.
        speed_estimate_period=120.0,
    )


def _bar_advance(bar: Progress, label: str, total: int, done: int) -> Advance:
    task = bar.add_task(label, total=total, completed=done, note="")

    def advance(count: int = 1, note: str = "") -> None:
        bar.update(task, advance=count, note=note)

    return advance


class _PlainLines:
    """Prints a line every ``PLAIN_LINE_SECONDS`` and one at the end, for logs and pipes."""

    def __init__(self, label: str, total: int, console: Console, done: int, clock: Clock) -> None:
        self._label, self._total, self._console = label, total, console
        self._done, self._first, self._clock = done, done, clock
        self._started = self._printed = clock()

    def __call__(self, count: int = 1, note: str = "") -> None:
        self._done += count
        now = self._clock()
        if self._done >= self._total or now - self._printed >= PLAIN_LINE_SECONDS:
            self._printed = now
            line = f"{self._label} {self._done}/{self._total}, {self._times(now)}"
            text = f"{line}, {note}" if note else line
            self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _times(self, now: float) -> str:
        elapsed = now - self._started
        if self._done >= self._total:
            return f"took {duration(elapsed)}"
        left = elapsed * (self._total - self._done) / max(self._done - self._first, 1)
        return f"{duration(left)} left"


def duration(seconds: float) -> str:
    """A time span for people: ``8.3 s``, ``1 min 13 s``, ``2 h 05 min``."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
