# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The scripted push."""

from __future__ import annotations

import math

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_sim.experts.moves import bounded, shortened, turn_towards

_TRAVEL_HEIGHT = 0.12
_PUSH_HEIGHT = 0.025
_STANDOFF = 0.075
_TRAVEL_STEP = 0.015
_PUSH_STEP = 0.009
_TURN_STEP = 0.06


class PushExpert:
    """Comes down behind the cube, then pushes along the line from cube to goal.

    All it remembers is whether it is pushing; a cube that slips aside makes it lift and
    come again. Lengths in m, steps per control period.
    """

    def __init__(self) -> None:
        self._pushing = False

    def act(
        self,
        target: pin.SE3,
        cube: NDArray[np.float64],
        goal: NDArray[np.float64],
        opening: float,
    ) -> NDArray[np.float32]:
        """The (7,) action from the commanded pose ``target``; ``cube``, ``goal``: (2,) m."""
        heading = (goal - cube) / max(float(np.linalg.norm(goal - cube)), 1e-6)
        move = self._move(target.translation, cube, heading)
        # Both fingers level with the cube's near face.
        yaw = math.atan2(heading[1], heading[0])
        turn = turn_towards(target.rotation, yaw, _TURN_STEP)
        return np.array([*move, 0.0, 0.0, turn, opening], dtype=np.float32)

    def _move(
        self, tip: NDArray[np.float64], cube: NDArray[np.float64], heading: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        behind = float((cube - tip[:2]) @ heading)
        aside = abs(_cross(cube - tip[:2], heading))
        low = tip[2] < _PUSH_HEIGHT + 0.01
        self._pushing = low and 0.0 < behind < 0.13 and aside < (0.03 if self._pushing else 0.015)
        if self._pushing:
            return _push(tip, cube, heading)
        return _approach(tip, cube - _STANDOFF * heading, low)


def _push(
    tip: NDArray[np.float64], cube: NDArray[np.float64], heading: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Forward along the heading, and sideways onto the line through the cube."""
    offset = cube - tip[:2]
    sideways = offset - (offset @ heading) * heading
    flat = _PUSH_STEP * heading + np.clip(0.4 * sideways, -0.006, 0.006)
    return np.array([*flat, bounded(_PUSH_HEIGHT - tip[2], 0.004)])


def _approach(
    tip: NDArray[np.float64], start: NDArray[np.float64], low: bool
) -> NDArray[np.float64]:
    """Up where it is in the way, across at travel height, down once above the start."""
    across = start - tip[:2]
    distance = float(np.linalg.norm(across))
    above = distance < (0.03 if tip[2] < _TRAVEL_HEIGHT - 0.02 else 0.012)
    if above:
        return np.array([*shortened(across, 0.006), bounded(_PUSH_HEIGHT - tip[2], 0.015)])
    climb = bounded(_TRAVEL_HEIGHT - tip[2], _TRAVEL_STEP)
    blocked = tip[2] < _TRAVEL_HEIGHT - 0.04
    return np.array([*shortened(across, 0.0 if blocked else _TRAVEL_STEP), climb])


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(a[0] * b[1] - a[1] * b[0])
