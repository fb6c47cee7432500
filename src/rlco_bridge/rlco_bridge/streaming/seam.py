# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What is left of a step from one course to another one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_core.profiles import JointState, Profile, Profiles
from rlco_core.robot import LimitConfig

Vector = NDArray[np.float64]

_NS = 1e-9
#: s at top speed that a step may lead; one control period.
_REACH_S = 0.05
#: Shares of an arm's acceleration and jerk, which courses leave, and the least one of its speed.
_ACCELERATION, _JERK, _LEAST_SPEED = 0.1, 0.4, 0.1


@dataclass(frozen=True)
class Seam:
    """A step that fades.

    Attributes:
        begun_ns: when the step would have been.
        profile: from the course before less the next one, to nothing.
    """

    begun_ns: int
    profile: Profile

    @property
    def end_ns(self) -> int:
        """From when on nothing is left."""
        return self.begun_ns + round(self.profile.duration / _NS)

    def at(self, time_ns: int) -> JointState | None:
        """What is to be added to the next course at ``time_ns``; None for nothing."""
        if time_ns >= self.end_ns:
            return None
        return self.profile.at(max(time_ns - self.begun_ns, 0) * _NS)


class Seams:
    """Lets steps fade as fast as what courses leave of an arm's limits allows.

    Args:
        velocity: (n,) top speeds, rad/s.
        limits: of the arm.
    """

    def __init__(self, velocity: Vector, limits: LimitConfig) -> None:
        self._reach = _REACH_S * velocity
        room = max(1.0 - limits.velocity_scale, _LEAST_SPEED) * velocity
        acceleration = _ACCELERATION * np.array(limits.acceleration)
        self._profiles = Profiles(room, acceleration, _JERK * np.array(limits.jerk), room)
        self._nothing = np.zeros_like(velocity)

    def over(self, time_ns: int, step: JointState) -> Seam | None:
        """The seam over a step at ``time_ns``; None where that is out of reach."""
        if (np.abs(step.joints) > self._reach).any():
            return None
        profile = self._profiles.chase(step, self._nothing, self._nothing, 0.0)
        return None if profile is None else Seam(time_ns, profile)
