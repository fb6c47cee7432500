# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Arm and hand stay away from each other, from what they stand on and from what stands around."""

from __future__ import annotations

from rlco_core.collision import Clearances
from rlco_core.limits import Setpoint
from rlco_core.types import ACCEPTED, Verdict


class CollisionLimit:
    """Refuses set-points with two things nearer to each other than their margin.

    Args:
        clearances: of the robot's cell.
        inset: by how much farther they stay away, m.
    """

    name = "collision"

    def __init__(self, clearances: Clearances, inset: float) -> None:
        self._clearances, self._inset = clearances, inset

    def check(self, setpoint: Setpoint) -> Verdict:
        near = self._clearances.worst(setpoint.joints, self._inset)
        if near is None:
            return ACCEPTED
        far = f"be {1e3 * near.apart:.0f} mm apart, {1e3 * near.allowed:.0f} allowed"
        how = far if near.apart >= 0.0 else f"overlap by {-1e3 * near.apart:.0f} mm"
        return Verdict(False, self.name, f"{near.one} and {near.other} would {how}")
