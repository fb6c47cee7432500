# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Joint commands stay within the joints' speed."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from rlco_core.limits import Setpoint
from rlco_core.limits.rate import Rate
from rlco_core.types import Verdict


class JointVelocityLimit:
    """Refuses what needs more than ``highest`` (n,), rad/s."""

    name = "joint_velocity"

    def __init__(self, names: Sequence[str], highest: ArrayLike) -> None:
        self._rate = Rate(self.name, names, highest, "rad/s")

    def check(self, setpoint: Setpoint) -> Verdict:
        return self._rate.check(setpoint.velocity)
