# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Long commands stop in order: on Ctrl-C or SIGTERM they first finish what they are at."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from types import FrameType

_STOPPING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stoppable(unit: str, again: str = "the same command") -> Iterator[Callable[[], bool]]:
    """Gives a function that says whether to stop before the next ``unit``.

    The first SIGINT or SIGTERM is only noted, and raises KeyboardInterrupt at the end of the
    block; a second one does so at once. In other threads than the main one, nothing is noted.

    Args:
        unit: what is finished first.
        again: what goes on from there.
    """
    came: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        came.append(number)
        if len(came) > 1:
            raise KeyboardInterrupt
        line = f"stopping after this {unit}; {again} goes on from there. Once more: stop at once"
        with suppress(RuntimeError):  # at this very moment somebody else writes a line
            print(line, file=sys.stderr, flush=True)

    before = _handlers()
    for number in before:
        signal.signal(number, note)
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt


@contextmanager
def interrupting() -> Iterator[None]:
    """SIGINT and SIGTERM raise KeyboardInterrupt, and do nothing else: rclpy's own handlers would
    end all talk, and what runs could not be called off over ROS.
    """
    before = {number: signal.signal(number, signal.default_int_handler) for number in _STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _handlers() -> dict[signal.Signals, Callable[[int, FrameType | None], object] | int]:
    """Those of the signals that are not ignored, as under nohup; none if they cannot be set."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    found = {number: signal.getsignal(number) for number in _STOPPING}
    return {k: v for k, v in found.items() if v is not None and v != signal.SIG_IGN}


@contextmanager
def kept_from_children(numbers: Sequence[signal.Signals] = _STOPPING) -> Iterator[None]:
    """Processes that are started inside never get these signals, which a terminal or a service
    manager sends to a whole group: who started them ends them when it has finished.
    """
    resource_tracker.ensure_running()  # when it starts later, it lets the signals through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
