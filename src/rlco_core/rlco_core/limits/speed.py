# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""An action that asks for an absurd speed is a fault of the policy, not a wish to clip."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rlco_core.types import ACCEPTED, Verdict

# float32 actions at the very limit round to either side of it.
_SLACK = 1e-6


class SpeedLimit:
    """Refuses actions that move the commanded end effector too fast.

    Args:
        linear: m/s.
        angular: rad/s.
    """

    name = "speed"

    def __init__(self, linear: float, angular: float) -> None:
        self._linear = linear
        self._angular = angular

    def check(self, action: NDArray[np.float64], dt: float) -> Verdict:
        linear = math.hypot(*action[:3].tolist()) / dt
        if linear > self._linear + _SLACK:
            return Verdict(False, self.name, f"{linear:.2f} m/s asked, {self._linear} m/s allowed")
        angular = math.hypot(*action[3:6].tolist()) / dt
        if angular > self._angular + _SLACK:
            return Verdict(
                False, self.name, f"{angular:.2f} rad/s asked, {self._angular} rad/s allowed"
            )
        return ACCEPTED
