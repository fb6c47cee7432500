# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Jerk-limited motion of all joints, by Ruckig (Berscheid and Kroeger, arXiv 2105.04830)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ruckig import (
    ControlInterface,
    InputParameter,
    Result,
    Ruckig,
    RuckigError,
    Synchronization,
    Trajectory,
)

from rlco_core.types import readonly

Vector = NDArray[np.float64]

#: Share of a joint's speed at which what it follows may move at most; the rest is for catching up.
_FOLLOWED = 0.95


@dataclass(frozen=True)
class JointState:
    """All joints at one instant: (n,) rad, rad/s and rad/s^2."""

    joints: Vector
    velocity: Vector
    acceleration: Vector

    @classmethod
    def at_rest(cls, joints: Vector) -> JointState:
        """Standing still at ``joints``."""
        still = np.zeros_like(joints)
        return cls(readonly(np.array(joints, dtype=np.float64)), still, still)

    @property
    def parts(self) -> tuple[Vector, Vector, Vector]:
        """Joints, velocity and acceleration."""
        return self.joints, self.velocity, self.acceleration

    def plus(self, other: JointState) -> JointState:
        """Both at once."""
        return JointState(
            self.joints + other.joints,
            self.velocity + other.velocity,
            self.acceleration + other.acceleration,
        )

    def minus(self, other: JointState) -> JointState:
        """What ``other`` would have to be added to be this."""
        return JointState(
            self.joints - other.joints,
            self.velocity - other.velocity,
            self.acceleration - other.acceleration,
        )


class Profile:
    """What joints do from now on.

    Args:
        trajectory: of Ruckig.
        place, velocity: (n,) where what it is relative to is at its beginning, rad, and how that
            moves, rad/s.

    Attributes:
        duration: s until its end; what follows goes on with the velocity of there.
    """

    def __init__(self, trajectory: Trajectory, place: Vector, velocity: Vector) -> None:
        self._trajectory, self._place, self._velocity = trajectory, place, velocity
        self.duration: float = trajectory.duration

    def at(self, seconds: float) -> JointState:
        """The joints ``seconds`` from its beginning."""
        joints, velocity, acceleration = map(np.array, self._trajectory.at_time(seconds))
        moved = self._place + seconds * self._velocity
        return JointState(moved + joints, self._velocity + velocity, acceleration)


class Profiles:
    """Plans profiles within bounds.

    Args:
        velocity, acceleration, jerk: (n,) bounds, rad/s and so on.
        hurry: (n,) by how much joints may move faster than what they catch up with, rad/s.
    """

    def __init__(self, velocity: Vector, acceleration: Vector, jerk: Vector, hurry: Vector) -> None:
        self._velocity, self._hurry = velocity, hurry
        self._planner = Ruckig(len(velocity))
        self._chase, self._approach, self._stop = (InputParameter(len(velocity)) for _ in range(3))
        # No joint waits for another one that has farther to catch up, but where they approach.
        self._chase.synchronization = Synchronization.No
        self._approach.synchronization = Synchronization.Phase
        self._stop.control_interface = ControlInterface.Velocity
        for task in (self._chase, self._approach, self._stop):
            task.max_velocity = hurry.tolist()
            task.max_acceleration, task.max_jerk = acceleration.tolist(), jerk.tolist()

    def chase(
        self, start: JointState, place: Vector, velocity: Vector, seconds: float
    ) -> Profile | None:
        """To what is at ``place`` (n,) now and moves at ``velocity`` (n,): with it from ``seconds``
        on, or as soon as bounds allow. None where no such motion was found.

        It is planned in the frame that moves along. A plan to a place and a velocity there would
        take a run-up, backwards, where there is too little way for that velocity.
        """
        fastest = _FOLLOWED * self._velocity
        velocity = velocity.clip(-fastest, fastest)
        self._chase.max_velocity = np.minimum(self._velocity - velocity, self._hurry).tolist()
        self._chase.min_velocity = np.maximum(-self._velocity - velocity, -self._hurry).tolist()
        self._chase.minimum_duration = seconds
        return self._planned(self._chase, start, place, velocity)

    def approach(self, start: JointState, place: Vector) -> Profile | None:
        """To rest at ``place`` (n,), from rest on a straight line; None where none was found."""
        return self._planned(self._approach, start, place, np.zeros_like(place))

    def stop(self, start: JointState) -> Profile | None:
        """To rest, as soon as bounds allow."""
        still = np.zeros_like(start.joints)
        return self._planned(self._stop, start, still, still)

    def _planned(
        self, task: InputParameter, start: JointState, place: Vector, velocity: Vector
    ) -> Profile | None:
        task.current_position = (start.joints - place).tolist()
        task.current_velocity = (start.velocity - velocity).tolist()
        task.current_acceleration = start.acceleration.tolist()
        trajectory = Trajectory(len(place))
        try:
            result = self._planner.calculate(task, trajectory)
        except RuckigError:
            return None
        fits = result in (Result.Working, Result.Finished)
        return Profile(trajectory, place, velocity) if fits else None
