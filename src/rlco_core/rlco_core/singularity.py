# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Arms are slow near a singularity, on their way to it; on their way out they are free."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics
from rlco_core.robot import SingularityConfig

Vector = NDArray[np.float64]

#: rad or s; short enough for a straight line, long enough for rounding.
_STEP = 1e-4


def nearer(kinematics: Kinematics, joints: Vector, way: Vector) -> bool:
    """Whether joints (n,), rad, that go on along ``way`` (n,) get nearer to a singularity."""
    ahead = kinematics.dexterity(joints + _STEP * way)
    return ahead < kinematics.dexterity(joints)


class SlowDown:
    """Bounds commanded velocities by the distance to the nearest singularity.

    Args:
        kinematics: of the arm.
        fastest: (n,) largest velocities far from any singularity, rad/s.
        config: between which values the share of them falls from all to none; None never slows.
    """

    def __init__(
        self, kinematics: Kinematics, fastest: Vector, config: SingularityConfig | None
    ) -> None:
        self._kinematics, self._fastest, self._config = kinematics, fastest, config

    def velocity(self, joints: Vector, wanted: Vector) -> Vector:
        """How fast joints at ``joints`` (n,), rad, may go where ``wanted`` (n,), rad/s, is asked:
        the same way, and slower where that leads to a singularity.
        """
        share, used = self._share(joints, wanted), np.abs(wanted / self._fastest).max()
        return wanted if used <= share else wanted * (share / used)

    def _share(self, joints: Vector, way: Vector) -> float:
        config = self._config
        if config is None or self._kinematics.is_dexterous(joints, config.slow):
            return float("inf")
        if not nearer(self._kinematics, joints, way):
            return float("inf")
        left = self._kinematics.dexterity(joints) - config.stop
        return max(left, 0.0) / (config.slow - config.stop)
