# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Set-points stay within the joints' jerk."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from rlco_core.limits import Motion
from rlco_core.limits.rate import Rate
from rlco_core.types import Verdict


class JointJerkLimit:
    """Refuses what needs more than ``highest`` (n,), rad/s^3."""

    name = "joint_jerk"

    def __init__(self, names: Sequence[str], highest: ArrayLike) -> None:
        self._rate = Rate(self.name, names, highest, "rad/s^3")

    def check(self, setpoint: Motion) -> Verdict:
        return self._rate.check(setpoint.jerk)
