# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Time that passes as fast as motion is played.

Where a robot's speed scaling is below 1, or motion is slowed down for a slow policy, a chunk's rows
and the motion made of them are stretched: both are reckoned in this time. Where it never was, it is
ROS time.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from rlco_bridge.course import Course
from rlco_bridge.ramp import Ramp
from rlco_core.profiles import JointState

_S = 1e-9
#: By which speeds that add up to a whole period may fall short of it.
_ROUNDING = 1e-6
#: Changes of speed that are remembered; stamps are younger than these.
_CHANGES = 256
#: Share of its own speed by which motion becomes slower or faster in a second, at most.
_EASE = 0.4
#: s of the controller's time until a change begins: what was told before goes on until it is heard.
_LEAD = 0.01


@dataclass(frozen=True)
class _Since:
    """From ``ros_ns`` on, which is ``paced_ns``, the controller's time passes at ``robot``, and
    time in it at ``share``.
    """

    ros_ns: int
    paced_ns: int
    robot: float
    share: Ramp

    def controllers(self, ros_ns: int) -> float:
        """s that passed for the controller."""
        return self.robot * (ros_ns - self.ros_ns) * _S

    def at(self, ros_ns: int) -> int:
        return self.paced_ns + round(float(self.share.passed(self.controllers(ros_ns))) / _S)


class Pace:
    """Turns ROS time into paced time, ns, and tells in which of its periods an arm is commanded."""

    def __init__(self) -> None:
        self._changes = deque([_Since(0, 0, 1.0, Ramp.level(1.0))], _CHANGES)
        self._credit = 0.0

    def due(self, now_ns: int) -> bool:
        """A period of the clock begins; whether one of control does: the slower, the fewer."""
        self._credit += self.speed(now_ns)
        due = self._credit > 1.0 - _ROUNDING
        self._credit -= due
        return due

    def set(self, now_ns: int, robot: float, told: float, ease: float = math.inf) -> bool:
        """From now on the robot plays at the speed ``robot`` what it is told, and is told motion at
        a share of its own speed that goes to ``told``, once it has come to where it goes now; both
        in [0, 1].

        Args:
            ease: by how much that share may change per s of the robot's playing; an arm that
                stands has no bound.

        Returns:
            Whether that is not what it was set to before.
        """
        last = self._changes[-1]
        now_ns = max(now_ns, last.ros_ns)
        since = last.controllers(now_ns)
        if since < last.share.over and told > 0.0:
            told = last.share.end
        if (robot, told) == (last.robot, last.share.end):
            return False
        ramp = last.share.after(since)
        if told != ramp.end:
            gently = math.isfinite(ease) and min(ramp.begin, told) > 0.0
            ramp = Ramp(ramp.begin, told, min(ease, _EASE) if gently else math.inf, _LEAD * gently)
        self._changes.append(_Since(now_ns, last.at(now_ns), robot, ramp))
        return True

    def speed(self, now_ns: int) -> float:
        """At which it passes."""
        return self._changes[-1].robot * self.told_speed(now_ns)

    def told_speed(self, now_ns: int) -> float:
        """At which motion is told; the rest is the robot's own doing."""
        last = self._changes[-1]
        return float(last.share.at(last.controllers(now_ns)))

    def at(self, ros_ns: int) -> int:
        """Paced time at a ROS time that is not long ago."""
        for since in reversed(self._changes):
            if since.ros_ns <= ros_ns:
                return since.at(ros_ns)
        return self._changes[0].at(ros_ns)

    def told(self, course: Course, now_ns: int) -> Course:
        """A course of paced time as the robot is told it, which plays it at its own speed: at
        ``now_ns``, in ROS time, it is where ``course`` is by then.
        """
        last = self._changes[-1]
        begun_ns, since = self.at(now_ns) - course.stamp_ns, last.controllers(now_ns)
        if since < last.share.over:
            return self._sampled(course, now_ns, begun_ns * _S, since)
        share = last.share.end
        if share == 0.0:
            stands = JointState.at_rest(course.at(course.stamp_ns + begun_ns).joints)
            return replace(course, stamp_ns=now_ns, states=(stands,))
        return replace(course.stretched(share), stamp_ns=now_ns - round(begun_ns / share))

    def played(self, told: Course, now_ns: int) -> Course:
        """What the robot does of what it is told: in ROS time."""
        robot = self._changes[-1].robot
        if robot == 0.0:
            return replace(told, stamp_ns=now_ns, states=told.states[:1])
        begun_ns = round((now_ns - told.stamp_ns) / robot)
        return replace(told.stretched(robot), stamp_ns=now_ns - begun_ns)

    def _sampled(self, course: Course, now_ns: int, begun: float, since: float) -> Course:
        """While the share changes: at equal times of the controller.

        Args:
            begun: s of paced time from the beginning of ``course`` until now.
            since: s of the controller's time since the share was set to change.
        """
        ramp, period = self._changes[-1].share, course.period_ns * _S
        left = max((len(course.states) - 1) * period - begun, 0.0)
        count = math.ceil(left / (min(ramp.begin, ramp.end) * period)) + 1
        times = np.asarray(since + period * np.arange(count), dtype=np.float64)
        passed = ramp.passed(times) - ramp.passed(since)
        times, passed = times[passed < left], passed[passed < left]
        joints, velocity, acceleration = course.sampled(begun + passed)
        share, slope = ramp.at(times)[:, None], ramp.slope(times)[:, None]
        rows = zip(
            joints, velocity * share, acceleration * share**2 + velocity * slope, strict=True
        )
        states = (*(JointState(*row) for row in rows), course.states[-1])
        return replace(course, stamp_ns=now_ns, states=states)
