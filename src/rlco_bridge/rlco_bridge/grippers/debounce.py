# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""When a gripper that takes goals is sent a new one.

Actions of grippers block, and policies repeat and tremble: a goal goes out where the opening
differs from the last goal by more than trembling does, and one at a time; what comes meanwhile
waits, the newest only. One that failed is forgotten, so that it goes out again.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

#: Difference of openings that is a new goal.
_STEP = 0.08
#: Nearer than this to an end, the end is meant.
_END = 0.04
#: s from one goal to the next, and from a failure to the next.
_PAUSE, _AGAIN = 0.1, 0.5
#: Failures in a row after which the gripper has failed.
_TRIES = 4


class Debounce:
    """Decides what is sent, and knows what was not answered, and what failed.

    Args:
        patience: s within which a goal is answered.
        clock: seconds that only go forward.

    Attributes:
        busy: a goal was sent and not answered yet.
    """

    def __init__(self, patience: float, clock: Callable[[], float] = monotonic) -> None:
        self._patience, self._clock = patience, clock
        self._goal: float | None = None
        self.busy, self._failures, self._why = False, 0, ""
        self._sent = self._rests = clock()

    def due(self, opening: float) -> float | None:
        """The goal to send now; None if there is none."""
        opening = _snapped(opening)
        if self.busy or self._clock() < self._rests:
            return None
        if not self._differs(opening):
            return None
        self._goal, self.busy, self._sent = opening, True, self._clock()
        self._rests = self._sent + _PAUSE
        return opening

    def outdated(self, opening: float) -> bool:
        """Whether the goal that was sent and not answered yet is not what is wanted any more."""
        return self.busy and self._differs(_snapped(opening))

    def answered(self) -> None:
        """What was sent is done."""
        if self.busy:
            self.busy, self._failures = False, 0

    def failed(self, why: str) -> None:
        """What was sent was refused, or failed: it is tried again after a pause."""
        if self.busy:
            self.busy, self._goal = False, None
            self._failures, self._why = self._failures + 1, why
            self._rests = self._clock() + _AGAIN

    def forget(self) -> None:
        """What was sent counts no more: the next opening is a new goal."""
        self._goal, self.busy, self._failures = None, False, 0

    @property
    def waited(self) -> float:
        """s by which the answer to a goal is late; 0 if it is not."""
        return max(self._clock() - self._sent - self._patience, 0.0) if self.busy else 0.0

    @property
    def failure(self) -> str:
        """What failed too often in a row, as one line; empty if nothing did."""
        return f"{self._why}; {self._failures} times in a row" if self._failures >= _TRIES else ""

    def _differs(self, opening: float) -> bool:
        if self._goal is None:
            return True
        to_an_end = opening in (0.0, 1.0) and opening != self._goal
        return to_an_end or abs(opening - self._goal) > _STEP


def _snapped(opening: float) -> float:
    if opening < _END:
        return 0.0
    return 1.0 if opening > 1.0 - _END else opening
