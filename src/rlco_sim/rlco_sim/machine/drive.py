# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""From what controllers write to where the drives go; and what the robot's own brakes do."""

from __future__ import annotations

import numpy as np

from rlco_sim.machine.controller import Cycle, Kind, Setpoint, Vector

#: s from full motion to rest when the robot brakes.
BRAKING = 0.06
#: rad/s^2 with which velocities are followed.
_QUICKNESS = 40.0
_NS = 1e-9


class Drive:
    """The drives of one arm. They go wherever they are told, at once and unchecked; so they jump
    to where a controller is by then when brakes let go.

    Args:
        joints: (n,) rad, where the arm is.
        ignored: rad/s; a position is not followed while a joint would need more to get there, both
            from where it was last told to be and from where it is.
    """

    def __init__(self, joints: Vector, ignored: float = np.inf) -> None:
        self._ignored = ignored
        self.reset(joints)

    @property
    def braking(self) -> bool:
        """Whether the brakes are on."""
        return self._slowing is not None

    def reset(self, joints: Vector) -> None:
        """The arm stands at ``joints`` (n,) rad, brakes off."""
        self.goal = np.array(joints, dtype=np.float64)
        self._velocity = np.zeros_like(self.goal)
        self._slowing: Vector | None = None

    def follow(self, told: Setpoint | None, cycle: Cycle) -> Vector:
        """(n,) rad, where the drives go in this cycle. Without a set-point they stay where they
        are. What is not finite is not followed.
        """
        self._slowing = None
        if told is None or not np.isfinite(told.values).all():
            self._velocity = np.zeros_like(self.goal)
        elif told.kind is Kind.POSITION:
            self._velocity = np.zeros_like(self.goal)
            if not self._too_far(told.values, cycle):
                self.goal = told.values.copy()
        else:
            seconds = cycle.period_ns * _NS
            most = _QUICKNESS * seconds
            self._velocity += (told.values - self._velocity).clip(-most, most)
            self.goal = self.goal + seconds * self._velocity
        return self.goal

    def _too_far(self, values: Vector, cycle: Cycle) -> bool:
        most = self._ignored * cycle.period_ns * _NS
        return all((np.abs(values - start) > most).any() for start in (self.goal, cycle.joints))

    def brake(self, cycle: Cycle) -> Vector:
        """(n,) rad, where the drives go while the robot brakes, whatever controllers write."""
        if self._slowing is None:
            self.goal = cycle.joints.copy()
            self._velocity = cycle.velocity.copy()
            self._slowing = np.abs(self._velocity) / BRAKING
        seconds = cycle.period_ns * _NS
        less = self._slowing * seconds
        self._velocity = np.sign(self._velocity) * (np.abs(self._velocity) - less).clip(0.0)
        self.goal = self.goal + seconds * self._velocity
        return self.goal
