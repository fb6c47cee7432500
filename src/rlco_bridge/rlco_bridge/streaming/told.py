# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A course as it is handed to the process that plays it."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_bridge.course import Course
from rlco_core.profiles import JointState

_S = 1e-9
_HEADER = struct.Struct("<qqqqqq")


@dataclass(frozen=True)
class Told:
    """A course, and when it was handed over.

    Attributes:
        ros_ns, steady_ns: that instant, on the ROS clock and on the steady clock.
        stamp_ns: ROS time of the first state.
        period_ns: ROS time from one state to the next.
        motion: as in ``Course``.
        joints, velocity, acceleration: (k, n) rad, rad/s and rad/s^2; the last state is at rest.
    """

    ros_ns: int
    steady_ns: int
    stamp_ns: int
    period_ns: int
    motion: int
    joints: NDArray[np.float64]
    velocity: NDArray[np.float64]
    acceleration: NDArray[np.float64]

    @classmethod
    def of(cls, course: Course, ros_ns: int, steady_ns: int) -> Told:
        """``course``, handed over now."""
        joints = np.array([state.joints for state in course.states])
        velocity = np.array([state.velocity for state in course.states])
        times = (ros_ns, steady_ns, course.stamp_ns or ros_ns, course.period_ns)
        acceleration = np.array([state.acceleration for state in course.states])
        return cls(*times, course.motion, joints, velocity, acceleration)

    def to_bytes(self) -> bytes:
        """For ``from_bytes`` on the same machine."""
        times = (self.ros_ns, self.steady_ns, self.stamp_ns, self.period_ns)
        header = _HEADER.pack(*times, self.motion, self.joints.shape[1])
        rows = (self.joints, self.velocity, self.acceleration)
        return header + b"".join(part.tobytes() for part in rows)

    @classmethod
    def from_bytes(cls, told: bytes) -> Told:
        """What ``to_bytes`` made."""
        ros, steady, stamp, period, motion, width = _HEADER.unpack_from(told)
        rows = np.frombuffer(told, offset=_HEADER.size).reshape(3, -1, width)
        return cls(ros, steady, stamp, period, motion, *rows)

    @property
    def end_ns(self) -> int:
        """ROS time of the last state."""
        return self.stamp_ns + (len(self.joints) - 1) * self.period_ns

    def at(self, time_ns: int) -> JointState:
        """The joints at a ROS time: at rest after the end, on a straight line before the beginning,
        and a cubic between two states.
        """
        row, after_ns = divmod(time_ns - self.stamp_ns, self.period_ns)
        if row < 0:
            early = (time_ns - self.stamp_ns) * _S
            still = np.zeros_like(self.velocity[0])
            return JointState(self.joints[0] + early * self.velocity[0], self.velocity[0], still)
        if after_ns == 0 or row >= len(self.joints) - 1:
            row = min(row, len(self.joints) - 1)
            return JointState(self.joints[row], self.velocity[row], self.acceleration[row])
        return self._between(row, after_ns / self.period_ns)

    def _between(self, row: int, t: float) -> JointState:
        """At a share of the way from a state to the next one."""
        seconds = self.period_ns * _S
        begin, end = self.joints[row : row + 2]
        leaves, arrives = self.velocity[row : row + 2] * seconds
        bend = leaves + arrives - 2.0 * (end - begin)
        curve = end - begin - leaves - bend
        joints = begin + t * (leaves + t * (curve + t * bend))
        velocity = (leaves + t * (2.0 * curve + 3.0 * t * bend)) / seconds
        return JointState(joints, velocity, (2.0 * curve + 6.0 * t * bend) / seconds**2)
