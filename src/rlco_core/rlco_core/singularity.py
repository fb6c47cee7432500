# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Arms are slow near a singularity, on their way to it; on their way out they are free."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics
from rlco_core.robot import SingularityConfig

Vector = NDArray[np.float64]

#: How far the farthest joint is moved to see whether that leads nearer, rad, and what a singular
#: value has to lose for it; what moves less than rounding does is still.
_STEP, _LOST, _STILL = 1e-4, 1e-9, 1e-6


def nearer(kinematics: Kinematics, joints: Vector, way: Vector) -> bool:
    """Whether joints (n,), rad, that go on along ``way`` (n,) get nearer to a singularity."""
    farthest = np.abs(way).max()
    if farthest < _STILL:
        return False
    ahead = kinematics.dexterity(joints + (_STEP / farthest) * way)
    return ahead < kinematics.dexterity(joints) - _LOST


class SlowDown:
    """Bounds commanded steps by the distance to the nearest singularity.

    Args:
        kinematics: of the arm.
        fastest: (n,) largest velocities far from any singularity, rad/s.
        config: between which values the share of them falls from all to none; None never slows.
    """

    def __init__(
        self, kinematics: Kinematics, fastest: Vector, config: SingularityConfig | None
    ) -> None:
        self._kinematics, self._fastest, self._config = kinematics, fastest, config

    def goal(self, joints: Vector, wanted: Vector, seconds: float) -> Vector:
        """Where joints at ``joints`` (n,), rad, may go in ``seconds`` if ``wanted`` (n,), rad, is
        asked: there, or less far on the way there where that leads to a singularity.
        """
        way = wanted - joints
        share, used = self._share(joints, way), np.abs(way / self._fastest).max() / seconds
        return wanted if used <= share else joints + (share / used) * way

    def _share(self, joints: Vector, way: Vector) -> float:
        config = self._config
        if config is None or self._kinematics.is_dexterous(joints, config.slow):
            return math.inf
        if not nearer(self._kinematics, joints, way):
            return math.inf
        left = self._kinematics.dexterity(joints) - config.stop
        return max(left, 0.0) / (config.slow - config.stop)
