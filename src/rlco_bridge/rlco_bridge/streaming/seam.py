# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What is left of a step from one course to another one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_LASTS_S = 0.2
_NS = 1e-9


@dataclass(frozen=True)
class Seam:
    """A step that fades: the quintic to nothing, at rest, in 0.2 s.

    Attributes:
        begun_ns: when the step would have been.
        joints, velocity: (n,) of the course before, less those of the next one, rad and rad/s.
    """

    begun_ns: int
    joints: Vector
    velocity: Vector

    def at(self, time_ns: int) -> tuple[Vector, Vector]:
        """What is to be added to joints (n,) and velocity (n,) of the next one at ``time_ns``."""
        t = min(max((time_ns - self.begun_ns) * _NS / _LASTS_S, 0.0), 1.0)
        place = 1.0 - t**3 * (10.0 - t * (15.0 - 6.0 * t))
        run = t - t**3 * (6.0 - t * (8.0 - 3.0 * t))
        place_rate = -30.0 * (t * (1.0 - t)) ** 2 / _LASTS_S
        run_rate = 1.0 - t**2 * (18.0 - t * (32.0 - 15.0 * t))
        joints = place * self.joints + run * _LASTS_S * self.velocity
        return joints, place_rate * self.joints + run_rate * self.velocity
