# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The controller of the simulated robot that is nobody's: joint_trajectory_controller's rules for
what is taken, and two more; no tolerances, no goals.

It takes or rejects trajectories whole; a new one replaces the one before. One that comes late it
joins where that is by then. After the last point it holds. It begins where it was told to be, as
with the parameter interpolate_from_desired_state.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlco_core.profiles import JointState
from rlco_sim.trajectory import Due, Point, Vector, sample, scheduled
from rlco_sim.trajectory_validation import require_sound, validated


class TrajectoryController:
    """The controller of some joints.

    Args:
        names: of the joints, in order.
        positions: (n,) where they are.
    """

    def __init__(self, names: Sequence[str], positions: Vector) -> None:
        self._names = list(names)
        self._due = [Due(0, Point(0, np.array(positions, dtype=np.float64)))]

    def accept(
        self, names: Sequence[str], points: Sequence[Point], stamp_ns: int, now_ns: int
    ) -> None:
        """Takes a trajectory that starts at ``stamp_ns``, or now if that is 0.

        Raises:
            ConfigError: it is rejected; the one before goes on.
        """
        require_sound(names, points)
        ordered = validated(self._names, names, points, stamp_ns, now_ns)
        now = self.at(now_ns)
        begun = Point(0, now.joints, now.velocity, now.acceleration)
        self._due = scheduled(ordered, stamp_ns or now_ns, now_ns, begun)

    def at(self, now_ns: int) -> JointState:
        """Where the joints are told to be."""
        return sample(self._due, now_ns)
