# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Makes an arm's controller forget where it was going, by telling it to stay where the arm is."""

from __future__ import annotations

from rlco_bridge.course import Course
from rlco_bridge.episode import Measured
from rlco_core.profiles import JointState

#: ns for which an arm is told to stay where it is.
_HOLD_NS = 50_000_000
#: How often it is told to, and ns in between: a controller that still brakes does not listen.
_TIMES, _APART_NS = 3, 200_000_000


class Flush:
    """What is left to be told after a stop; ``now_ns`` is ROS time everywhere."""

    def __init__(self) -> None:
        self._asked_ns: int | None = None
        self._stays: JointState | None = None
        self._left, self._told_ns = 0, 0

    def ask(self, now_ns: int) -> None:
        """The arm was stopped; once it stands it is to be told."""
        self._asked_ns, self._stays, self._left = now_ns, None, _TIMES

    def cancel(self) -> None:
        """An episode begins: it moves the arm."""
        self._asked_ns = None

    def due(self, now_ns: int, measured: Measured | None, still: bool) -> Course | None:
        """What the controller is to be told now, if anything.

        Args:
            measured: where the arm is; None where nobody knows.
            still: whether it has stood there for a while.
        """
        if self._asked_ns is None or measured is None or not still:
            return None
        # Measured since: of an arm that fell silent nobody knows where it stands.
        if measured.stamp_ns <= self._asked_ns:
            return None
        if self._stays is None:
            self._stays = JointState.at_rest(measured.joints)
        elif abs(now_ns - self._told_ns) < _APART_NS:
            return None
        self._left, self._told_ns = self._left - 1, now_ns
        if self._left == 0:
            self._asked_ns = None
        return Course(now_ns, _HOLD_NS, (self._stays,) * 3, motion=now_ns)
