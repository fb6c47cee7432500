# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Motion as it is told to a controller."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rlco_core.interpolation import quintic
from rlco_core.profiles import JointState

_S = 1e-9


@dataclass(frozen=True)
class Course:
    """What joints do from ``stamp_ns`` on.

    Attributes:
        stamp_ns: ROS time of the first state, where they are told to be by now; 0: at once.
        period_ns: from one state to the next.
        states: at least one; the last is at rest.
        motion: another number where joints begin anew, from where they were measured.
    """

    stamp_ns: int
    period_ns: int
    states: tuple[JointState, ...]
    motion: int = 0

    def stretched(self, speed: float) -> Course:
        """The same motion at ``speed`` in (0, 1] of its own."""
        if speed == 1.0:
            return self
        states = tuple(
            JointState(s.joints, s.velocity * speed, s.acceleration * speed**2) for s in self.states
        )
        return replace(self, period_ns=round(self.period_ns / speed), states=states)

    def at(self, time_ns: int) -> JointState:
        """The joints at a ROS time that is not before ``stamp_ns``."""
        row, after_ns = divmod(time_ns - self.stamp_ns, self.period_ns)
        if row >= len(self.states) - 1:
            return self.states[-1]
        before, after = self.states[row : row + 2]
        if after_ns == 0:
            return before
        return quintic(before, after, self.period_ns * _S, after_ns * _S)
