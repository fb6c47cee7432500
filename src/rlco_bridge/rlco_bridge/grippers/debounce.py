# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""When a gripper that takes goals is sent a new one.

Actions of grippers block, and policies repeat and tremble: a goal goes out where the opening
differs from the last goal by more than trembling does, and one at a time; what comes meanwhile
waits, the newest only.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

#: Difference of openings that is a new goal.
_STEP = 0.08
#: Nearer than this to an end, the end is meant.
_END = 0.04
#: s from one goal to the next.
_PAUSE = 0.1


class Debounce:
    """Decides what is sent, and knows what was not answered.

    Args:
        patience: s within which a goal is answered.
        clock: seconds that only go forward.
    """

    def __init__(self, patience: float, clock: Callable[[], float] = monotonic) -> None:
        self._patience, self._clock = patience, clock
        self._goal: float | None = None
        self._busy = False
        self._sent = clock() - _PAUSE

    def due(self, opening: float) -> float | None:
        """The goal to send now; None if there is none."""
        opening = _snapped(opening)
        if self._busy or self._clock() - self._sent < _PAUSE:
            return None
        if self._goal is not None and not self._differs(opening):
            return None
        self._goal, self._busy, self._sent = opening, True, self._clock()
        return opening

    def answered(self) -> None:
        """The goal that was sent is done, or was refused."""
        self._busy = False

    def forget(self) -> None:
        """What was sent counts no more: the next opening is a new goal."""
        self._goal, self._busy = None, False

    @property
    def waited(self) -> float:
        """s by which the answer to a goal is late; 0 if it is not."""
        return max(self._clock() - self._sent - self._patience, 0.0) if self._busy else 0.0

    def _differs(self, opening: float) -> bool:
        assert self._goal is not None
        to_an_end = opening in (0.0, 1.0) and opening != self._goal
        return to_an_end or abs(opening - self._goal) > _STEP


def _snapped(opening: float) -> float:
    if opening < _END:
        return 0.0
    return 1.0 if opening > 1.0 - _END else opening
