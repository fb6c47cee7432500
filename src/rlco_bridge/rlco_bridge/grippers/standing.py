# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Whether fingers that were told to move stand before they are there."""

from __future__ import annotations

#: Openings by which fingers that move have moved, and by which they may miss their goal.
_MOVED, _THERE = 0.02, 0.05
#: ns of standing still after which they are blocked: having moved, and never having moved. A hand
#: takes some time to begin, and tells 10 to 15 times per second where it is.
_STOOD_NS, _NEVER_NS = 400_000_000, 1_000_000_000


class Standing:
    """Fingers on their way to an opening.

    Args:
        goal: the opening.

    Attributes:
        moved: they have moved since they were told to.
        blocked: something was in their way, as they stood for a while.
    """

    def __init__(self, goal: float) -> None:
        self._goal = goal
        self._at: float | None = None
        self._since_ns = 0
        self.moved = self.blocked = False

    def look(self, stamp_ns: int, opening: float) -> None:
        """They are at ``opening``. That they do not even begin to open is no sign of a thing in
        their way.
        """
        if self._at is None:
            self._at, self._since_ns = opening, stamp_ns
        elif abs(opening - self._at) > _MOVED:
            self._at, self._since_ns, self.moved = opening, stamp_ns, True
        patience = _STOOD_NS if self.moved else _NEVER_NS
        stood = stamp_ns - self._since_ns > patience
        self.blocked |= stood and self.short and (self.moved or self.closing)

    @property
    def short(self) -> bool:
        """Whether they are not there."""
        return self._at is not None and abs(self._at - self._goal) > _THERE

    @property
    def closing(self) -> bool:
        """Whether their way leads inwards."""
        return self._at is not None and self._at > self._goal
