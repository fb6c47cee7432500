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
#: ns after which it is too late: what stands then may have been led there by hand.
_LATE_NS = 5_000_000_000


class Flush:
    """What is left to be told after a stop; ``now_ns`` is ROS time everywhere."""

    def __init__(self) -> None:
        self._asked_ns: int | None = None
        self._left, self._told_ns = 0, 0

    def ask(self, now_ns: int) -> None:
        """The arm was stopped; once it stands it is to be told."""
        self._asked_ns, self._left, self._told_ns = now_ns, _TIMES, 0

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
        if abs(now_ns - self._told_ns) < _APART_NS:
            return None
        late = not 0 <= now_ns - self._asked_ns < _LATE_NS
        self._left, self._told_ns = self._left - 1, now_ns
        if late or self._left == 0:
            self._asked_ns = None
        stays = JointState.at_rest(measured.joints)
        return None if late else Course(now_ns, _HOLD_NS, (stays,) * 3, motion=now_ns)
