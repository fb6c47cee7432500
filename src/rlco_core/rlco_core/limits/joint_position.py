# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Joint commands keep a distance from the mechanical stops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from rlco_core.limits import Setpoint
from rlco_core.types import ACCEPTED, Verdict


class JointPositionLimit:
    """Refuses joints outside [lower + margin, upper - margin], rad."""

    name = "joint_position"

    def __init__(
        self, names: Sequence[str], lower: ArrayLike, upper: ArrayLike, margin: float
    ) -> None:
        self._names = names
        # Plain floats: for a handful of them a loop is quicker than NumPy.
        self._lower = (np.asarray(lower, dtype=np.float64) + margin).tolist()
        self._upper = (np.asarray(upper, dtype=np.float64) - margin).tolist()

    def check(self, setpoint: Setpoint) -> Verdict:
        rows = zip(self._names, setpoint.joints.tolist(), self._lower, self._upper, strict=True)
        for name, value, low, high in rows:
            if not low <= value <= high:
                return Verdict(
                    False,
                    self.name,
                    f"{name} would be {value:.3f} rad, outside {low:.3f}..{high:.3f}",
                )
        return ACCEPTED
