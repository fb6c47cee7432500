# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Time that passes as fast as the robot plays motion.

Where a robot's speed scaling is below 1, a chunk's rows and the motion made of them are stretched:
both are reckoned in this time. Where it never was, it is ROS time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

#: Changes of speed that are remembered; stamps are younger than these.
_CHANGES = 256


@dataclass(frozen=True)
class _Since:
    """From ``ros_ns`` on, which is ``paced_ns``, time passes at ``speed``."""

    ros_ns: int
    paced_ns: int
    speed: float

    def at(self, ros_ns: int) -> int:
        return self.paced_ns + round((ros_ns - self.ros_ns) * self.speed)


class Pace:
    """Turns ROS time into paced time, ns."""

    def __init__(self) -> None:
        self._changes = deque([_Since(0, 0, 1.0)], _CHANGES)

    def set(self, now_ns: int, speed: float) -> None:
        """From now on it passes at ``speed``, in [0, 1]."""
        last = self._changes[-1]
        if speed != last.speed:
            now_ns = max(now_ns, last.ros_ns)
            self._changes.append(_Since(now_ns, last.at(now_ns), speed))

    @property
    def speed(self) -> float:
        """At which it passes now."""
        return self._changes[-1].speed

    def at(self, ros_ns: int) -> int:
        """Paced time at a ROS time that is not long ago."""
        for since in reversed(self._changes):
            if since.ros_ns <= ros_ns:
                return since.at(ros_ns)
        return self._changes[0].at(ros_ns)
