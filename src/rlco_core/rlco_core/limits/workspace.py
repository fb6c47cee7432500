# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The end effector stays in its box, by forward kinematics of the joint command."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rlco_core.limits import Setpoint
from rlco_core.types import ACCEPTED, Verdict


class WorkspaceLimit:
    """Refuses set-points outside the box [lower - margin, upper + margin], base frame, m."""

    name = "workspace"

    def __init__(self, lower: ArrayLike, upper: ArrayLike, margin: float) -> None:
        self._lower = (np.asarray(lower, dtype=np.float64) - margin).tolist()
        self._upper = (np.asarray(upper, dtype=np.float64) + margin).tolist()

    def check(self, setpoint: Setpoint) -> Verdict:
        position = setpoint.position.tolist()
        for axis, value, low, high in zip("xyz", position, self._lower, self._upper, strict=True):
            if not low <= value <= high:
                return Verdict(
                    False,
                    self.name,
                    f"{axis} would be {value:.3f} m, outside {low:.3f}..{high:.3f}",
                )
        return ACCEPTED
