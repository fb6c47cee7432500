# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Which set-point is due when: courses in ROS time, played on the steady clock.

ROS times of set-points are counted, not looked up: from one to the next it is always one period,
also where a course replaces another one, so no rounding of clocks leaves a set-point out or says
one twice. Only when each of them is due follows from the clocks, and softly. ROS time may pass
slower or faster than the steady clock (simulated time does): the pace of it is learned from
hand-over to hand-over, and what remains of a difference is caught up with by steps that are a
little longer or shorter.

No set-point is a step away from the one before. Where some had to be left out, as clocks jumped or
this process had to wait, and where a course came too late to go on from what was played meanwhile,
the step fades, within the arm's limits. A course out of reach is refused: the one before it goes on
to its end, at rest. Motion that begins anew, from where an arm was measured, is followed once the
arm is told to stand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_bridge.streaming.seam import Seam, Seams
from rlco_bridge.streaming.told import Told
from rlco_core.profiles import JointState

Vector = NDArray[np.float64]

#: ns for which the last set-point, at rest, is said again: drivers may lose one.
_REPEATED_NS = 250_000_000
#: ns by which the clocks may differ before that counts as a jump.
_APART_NS = 50_000_000
#: ns in which a difference is caught up with, and the share of a period that this may take.
_CATCH_UP_NS, _MOST_CATCH_UP = 200_000_000, 0.02
#: rad: less than this between two courses is nothing.
_GAP = 1e-6
#: Least share of a new measurement in the pace, the longest time between hand-overs that measures
#: it, and the least and greatest steady time per ROS time.
_LEARNED, _MEASURED_NS, _PACES = 0.1, 500_000_000, (0.05, 20.0)


@dataclass(frozen=True)
class Setpoint:
    """What an arm is told.

    Attributes:
        stamp_ns: ROS time.
        joints, velocity: (n,) rad and rad/s.
    """

    stamp_ns: int
    joints: Vector
    velocity: Vector


class SetpointPlayer:
    """The set-points of one arm.

    Args:
        seams: make steps fade.
        period_ns: ROS time from one set-point to the next.

    Attributes:
        due_ns: steady time of the next set-point; None while there is none.
        late_ns, missed: of the last set-point, and how many deadlines went by before it.
        torn, gap: courses that did not go on from the one before, and by how much at most, rad.
    """

    def __init__(self, seams: Seams, period_ns: int) -> None:
        self._seams, self._period_ns = seams, period_ns
        self._told: Told | None = None
        self._seam: Seam | None = None
        self._last: JointState | None = None
        self._pace, self._step_ns, self._time_ns = 1.0, period_ns, 0
        self._heard: Told | None = None
        self._learned = 0
        self._motion: int | None = None
        self.due_ns: int | None = None
        self.late_ns = self.missed = 0
        self.torn, self.gap = 0, 0.0

    def take(self, told: Told, now_ns: int) -> bool:
        """A course, which replaces the one before; False where it is refused."""
        self._learn_pace(told)
        if told.motion != self._motion:
            if self._last is not None and self._last.velocity.any():
                return True  # later: the arm does not stand yet
            first = told.at(told.stamp_ns)
            self._last = JointState.at_rest(first.joints)
            self._motion, self._told, self._seam, self.due_ns = told.motion, None, None, None
        return (self._jump if self.due_ns is None else self._go_on)(told, now_ns)

    def give(self, now_ns: int) -> Setpoint:
        """The set-point that is due; where more of them are, the newest."""
        assert self._told is not None
        assert self.due_ns is not None
        self.late_ns = now_ns - self.due_ns
        self.missed = max(self.late_ns, 0) // self._step_ns
        if self.missed:
            self._leave_out(self._told, now_ns)
        self._last, stamp_ns = self._next(), self._time_ns
        self._time_ns += self._period_ns
        self.due_ns += self._step_ns
        seam_ns = 0 if self._seam is None else self._seam.end_ns
        if self._time_ns - max(self._told.end_ns, seam_ns) > _REPEATED_NS:
            self.due_ns = None
        return Setpoint(stamp_ns, self._last.joints, self._last.velocity)

    def _leave_out(self, told: Told, now_ns: int) -> None:
        """Goes on at the newest that is due, if that is within reach."""
        assert self.due_ns is not None
        newest_ns = self._time_ns + self.missed * self._period_ns
        if self._fade_to(told, newest_ns):
            self._time_ns = newest_ns
            self.due_ns += self.missed * self._step_ns
        else:
            self.due_ns = now_ns

    def _go_on(self, told: Told, now_ns: int) -> bool:
        """At the set-point that is due next."""
        assert self.due_ns is not None
        period, apart = self._period_ns, self._due(told, self._time_ns) - self.due_ns
        if self._time_ns < told.stamp_ns - period or abs(apart) > _APART_NS:
            return self._jump(told, now_ns)
        most = _MOST_CATCH_UP * period
        step = self._pace * period + min(max(apart * period / _CATCH_UP_NS, -most), most)
        return self._follow(told, self._time_ns, round(step))

    def _jump(self, told: Told, now_ns: int) -> bool:
        """At the state that is due next by the clocks."""
        ros_ns = told.ros_ns + round((now_ns - told.steady_ns) / self._pace)
        place = max(-((told.stamp_ns - ros_ns) // told.period_ns), 0)
        time_ns = told.stamp_ns + place * told.period_ns
        if not self._follow(told, time_ns, round(self._pace * self._period_ns)):
            return False
        self.due_ns = self._due(told, time_ns)
        return True

    def _follow(self, told: Told, time_ns: int, step_ns: int) -> bool:
        gap = self._gap(told, time_ns)
        if not self._fade_to(told, time_ns):
            return False
        self.torn, self.gap = self.torn + (gap > _GAP), max(self.gap, gap)
        self._told, self._time_ns, self._step_ns = told, time_ns, step_ns
        return True

    def _fade_to(self, told: Told, time_ns: int) -> bool:
        """Makes the step to a course fade, where there is one; False where it is out of reach."""
        goes_on = self._seam is None or time_ns == self._time_ns
        if goes_on and self._gap(told, time_ns) <= _GAP:
            return True
        seam = self._seams.over(time_ns, self._next().minus(told.at(time_ns)))
        self._seam = self._seam if seam is None else seam
        return seam is not None

    def _gap(self, told: Told, time_ns: int) -> float:
        """How far a course is from the set-point that comes next, rad."""
        assert self._last is not None
        planned = self._last if self._told is None else self._told.at(self._time_ns)
        return float(np.abs(planned.joints - told.at(time_ns).joints).max())

    def _next(self) -> JointState:
        """What comes next."""
        assert self._last is not None
        if self._told is None:
            return self._last
        state = self._told.at(self._time_ns)
        more = None if self._seam is None else self._seam.at(self._time_ns)
        return state if more is None else state.plus(more)

    def _learn_pace(self, told: Told) -> None:
        before, self._heard = self._heard, told
        if before is None:
            return
        ros, steady = told.ros_ns - before.ros_ns, told.steady_ns - before.steady_ns
        if 0 < ros < _MEASURED_NS and 0 < steady < _MEASURED_NS:
            self._learned += 1
            share = max(_LEARNED, 1.0 / self._learned)
            pace = self._pace + share * (steady / ros - self._pace)
            self._pace = min(max(pace, _PACES[0]), _PACES[1])

    def _due(self, told: Told, time_ns: int) -> int:
        """Steady time of a ROS time, ns."""
        return told.steady_ns + round(self._pace * (time_ns - told.ros_ns))
