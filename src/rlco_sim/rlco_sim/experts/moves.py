# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Steps of one control period, of which scripted experts are made; lengths in m, angles in rad."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def bounded(value: float, limit: float) -> float:
    """``value``, between ``-limit`` and ``limit``."""
    return min(max(value, -limit), limit)


def shortened(vector: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    """``vector``, no longer than ``limit``."""
    return vector * min(1.0, limit / max(float(np.linalg.norm(vector)), 1e-9))


def towards(
    tip: NDArray[np.float64], goal: NDArray[np.float64], limit: float
) -> NDArray[np.float64]:
    """The straight step from ``tip`` to ``goal``, no longer than ``limit``."""
    return shortened(goal - tip, limit)


def wrapped(angle: float) -> float:
    """``angle``, between -pi and pi."""
    return math.atan2(math.sin(angle), math.cos(angle))


def turn_towards(rotation: NDArray[np.float64], yaw: float, limit: float) -> float:
    """The turn about the base's z that brings the frame's x axis to ``yaw``, at most ``limit``.

    Args:
        rotation: (3, 3) of the end effector in the base frame, its z axis about vertical.
    """
    return bounded(wrapped(yaw - math.atan2(rotation[1, 0], rotation[0, 0])), limit)
