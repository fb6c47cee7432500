# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Consecutive joint commands stay within the joints' speed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from rlco_core.limits import Setpoint
from rlco_core.types import ACCEPTED, Verdict

# A command that was scaled to the limit may miss it by rounding.
_SLACK = 1e-6


class JointVelocityLimit:
    """Refuses steps that need more than ``velocity``, rad/s."""

    name = "joint_velocity"

    def __init__(self, names: Sequence[str], velocity: ArrayLike) -> None:
        self._names = names
        self._velocity = np.asarray(velocity, dtype=np.float64)
        self._highest = (self._velocity + _SLACK).tolist()

    def check(self, setpoint: Setpoint) -> Verdict:
        joints, previous = setpoint.joints.tolist(), setpoint.previous.tolist()
        for to, start, highest in zip(joints, previous, self._highest, strict=True):
            if not abs(to - start) / setpoint.dt <= highest:
                return self._refusal(setpoint)
        return ACCEPTED

    def _refusal(self, setpoint: Setpoint) -> Verdict:
        speed = np.abs(setpoint.joints - setpoint.previous) / setpoint.dt
        worst = int(np.argmax(speed / self._velocity))
        return Verdict(
            False,
            self.name,
            f"{self._names[worst]} would move at {speed[worst]:.2f} rad/s, "
            f"{self._velocity[worst]:.2f} allowed",
        )
