# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What is asked for, no faster than the arm may move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlco_core.robot import LimitConfig

# Of the arm's speed limit; the rest is rounding.
_SHARE = 0.98


def bounded(step: NDArray[np.float64], limits: LimitConfig, dt: float) -> NDArray[np.float64]:
    """(6,) m and rad in one period of ``dt`` s, in the same direction and within the limits."""
    parts = ((step[:3], limits.linear_speed), (step[3:], limits.angular_speed))
    return np.concatenate(
        [
            part / max(1.0, float(np.linalg.norm(part)) / (_SHARE * speed * dt))
            for part, speed in parts
        ]
    )
