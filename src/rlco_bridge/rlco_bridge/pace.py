# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Time that passes as fast as motion is played.

Where a robot's speed scaling is below 1, or motion is slowed down for a slow policy, a chunk's rows
and the motion made of them are stretched: both are reckoned in this time. Where it never was, it is
ROS time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from rlco_bridge.course import Course

#: By which speeds that add up to a whole period may fall short of it.
_ROUNDING = 1e-6
#: Changes of speed that are remembered; stamps are younger than these.
_CHANGES = 256


@dataclass(frozen=True)
class _Since:
    """From ``ros_ns`` on, which is ``paced_ns``, time passes at ``speed``."""

    ros_ns: int
    paced_ns: int
    speed: float
    tempo: float

    def at(self, ros_ns: int) -> int:
        return self.paced_ns + round((ros_ns - self.ros_ns) * self.speed)


class Pace:
    """Turns ROS time into paced time, ns, and tells in which of its periods an arm is commanded."""

    def __init__(self) -> None:
        self._changes = deque([_Since(0, 0, 1.0, 1.0)], _CHANGES)
        self._credit = 0.0

    def begin(self) -> None:
        """No part of a period of control has passed."""
        self._credit = 0.0

    def due(self) -> bool:
        """A period of the clock begins; whether one of control does: the slower, the fewer."""
        self._credit += self.speed
        due = self._credit > 1.0 - _ROUNDING
        self._credit -= due
        return due

    def set(self, now_ns: int, robot: float, tempo: float = 1.0) -> bool:
        """From now on the robot plays motion at the speed ``robot``, and is sent it at ``tempo``,
        both in [0, 1]; whether that is another speed than before.
        """
        last, speed = self._changes[-1], robot * tempo
        if (speed, tempo) == (last.speed, last.tempo):
            return False
        now_ns = max(now_ns, last.ros_ns)
        self._changes.append(_Since(now_ns, last.at(now_ns), speed, tempo))
        return True

    @property
    def speed(self) -> float:
        """At which it passes now."""
        return self._changes[-1].speed

    @property
    def tempo(self) -> float:
        """At which motion is sent now; the rest is the robot's own doing."""
        return self._changes[-1].tempo

    def at(self, ros_ns: int) -> int:
        """Paced time at a ROS time that is not long ago."""
        for since in reversed(self._changes):
            if since.ros_ns <= ros_ns:
                return since.at(ros_ns)
        return self._changes[0].at(ros_ns)

    def told(self, course: Course, now_ns: int, speed: float) -> Course:
        """A course of paced time as one that is at the same place at the ROS time ``now_ns`` and
        goes on from there at ``speed`` in (0, 1].
        """
        begun_ns = round((self.at(now_ns) - course.stamp_ns) / speed)
        return replace(course.stretched(speed), stamp_ns=now_ns - begun_ns)
