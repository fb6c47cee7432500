# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How far joint_trajectory_controller lets the arm be from where a trajectory has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rlco_core.errors import ConfigError
from rlco_core.profiles import JointState
from rlco_sim.machine.controller import Cycle, Vector


@dataclass(frozen=True)
class Tolerances:
    """Zero is not looked at.

    Attributes:
        path, goal: (n,) rad, on the way and after the last point.
        stopped: rad/s after the last point; of controllers that command no positions.
        time: s after the last point within which the goal is to be reached.
    """

    path: Vector
    goal: Vector
    stopped: float = 0.0
    time: float = 0.0

    @classmethod
    def none(cls, count: int) -> Tolerances:
        """Nothing is looked at."""
        return cls(np.zeros(count), np.zeros(count))

    @classmethod
    def same(cls, count: int, path: float, goal: float) -> Tolerances:
        """The same for all joints, rad."""
        return cls(np.full(count, path), np.full(count, goal))

    def strays(self, wanted: JointState, cycle: Cycle) -> bool:
        """Whether a joint is too far from its path."""
        return _beyond(self.path, wanted.joints - cycle.joints)

    def misses(self, wanted: JointState, cycle: Cycle) -> bool:
        """Whether a joint is not yet where it should be at last."""
        fast = np.abs(wanted.velocity - cycle.velocity).max() > self.stopped > 0.0
        return fast or _beyond(self.goal, wanted.joints - cycle.joints)

    def changed(
        self,
        joints: Sequence[str],
        path: Mapping[str, float],
        goal: Mapping[str, float],
        time: float,
    ) -> Tolerances:
        """As a goal asks for: zero leaves a value, -1 switches it off.

        Raises:
            ConfigError: another negative value, or a joint that is not of ``joints``.
        """
        if time < 0.0 and time != -1.0:
            raise ConfigError(f"goal_time_tolerance is {time}; it should be positive, 0 or -1")
        return replace(
            self,
            path=_changed(self.path, joints, path),
            goal=_changed(self.goal, joints, goal),
            time=_value(self.time, time),
        )


def _beyond(most: Vector, error: Vector) -> bool:
    return bool(((most > 0.0) & (np.abs(error) > most)).any())


def _changed(values: Vector, joints: Sequence[str], wanted: Mapping[str, float]) -> Vector:
    changed = values.copy()
    for joint, value in wanted.items():
        if joint not in joints:
            raise ConfigError(f"tolerance of joint {joint}; there are {', '.join(joints)}")
        if value < 0.0 and value != -1.0:
            raise ConfigError(f"tolerance of {joint} is {value}; it should be positive, 0 or -1")
        changed[joints.index(joint)] = _value(changed[joints.index(joint)], value)
    return changed


def _value(value: float, wanted: float) -> float:
    if wanted == 0.0:
        return value
    return max(wanted, 0.0)
