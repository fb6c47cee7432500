# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Motion as it is told to a controller."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rlco_core.interpolation import quintic
from rlco_core.profiles import JointState

Vector = NDArray[np.float64]

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

    @property
    def end_ns(self) -> int:
        """ROS time of the last state."""
        return self.stamp_ns + (len(self.states) - 1) * self.period_ns

    def at(self, time_ns: int) -> JointState:
        """The joints at a time that is not before ``stamp_ns``."""
        return self.states_at(time_ns, 0, 1)[0]

    def states_at(self, time_ns: int, period_ns: int, count: int) -> list[JointState]:
        """The joints then, and ``count`` times in all, ``period_ns`` apart."""
        times_ns = time_ns - self.stamp_ns + period_ns * np.arange(count)
        seconds = np.asarray(times_ns * _S, dtype=np.float64)
        return [JointState(*row) for row in zip(*self.sampled(seconds), strict=True)]

    def sampled(self, seconds: Vector) -> tuple[Vector, Vector, Vector]:
        """Joints, velocities and accelerations (k, n) at times (k,) s after ``stamp_ns``."""
        period, last = self.period_ns * _S, len(self.states) - 1
        row = np.clip((seconds / period).astype(np.int64), 0, max(last - 1, 0))
        rows = [np.stack(part) for part in zip(*(s.parts for s in self.states), strict=True)]
        before, after = (JointState(*(part[k] for part in rows)) for k in (row, row + (last > 0)))
        since = np.clip(seconds - row * period, 0.0, period)[:, None]
        return quintic(before, after, period, since).parts
