# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The scripted pick and place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_sim.experts.moves import bounded, shortened, turn_towards

_TRAVEL_STEP, _LOWER_STEP, _NEAR_STEP = 0.015, 0.009, 0.006
_TURN_STEP = 0.06
#: Of the tool above the top of a thing, where it moves across; the fingertips are 0.009 below it.
_ABOVE = 0.04
#: Of the held thing's lowest point above the rim, where it is carried across.
_CLEARANCE = 0.025
#: Of the tool from the grasp, where closing is of no use.
_ASTRAY = 0.025
#: Of the held thing from the middle of the container, where it is lowered; once below the rim.
_OVER, _WITHIN = 0.015, 0.03
#: Share of the stroke per control period below which fingers stand.
_STILL = 0.012
#: Control periods at rest before closing; without contact before giving up; for letting go.
_SETTLE, _PATIENCE, _OPENED = 3, 4, 12
#: Share of the stroke by which fingers open to let go, and the least opening then.
_RELEASE, _LEAST_RELEASE = 0.3, 0.65


@dataclass(frozen=True)
class Sight:
    """The true state of the scene; m and rad, base frame.

    Attributes:
        grasp: upright pose of the tool for the grasp that is to be taken.
        centre: (3,) of the object.
        top: highest point of the object.
        lowest: its lowest point.
        held: whether both fingers touch it.
        placed: whether it is in the container and low enough to be let go.
        container: (2,) its middle.
        rim: height of its walls.
    """

    grasp: pin.SE3
    centre: NDArray[np.float64]
    top: float
    lowest: float
    held: bool
    placed: bool
    container: NDArray[np.float64]
    rim: float


class PickPlaceExpert:
    """Comes down around the object, closes, carries it over the container and lets go.

    All it remembers is whether it has closed, and for how long it has waited; an object that is
    lost makes it open and come again. Lengths in m, steps per control period.
    """

    def __init__(self) -> None:
        self._closed = False
        self._waited = self._missed = 0
        self._opening, self._gripped = 1.0, 0.0

    def act(self, target: pin.SE3, opening: float, sight: Sight) -> NDArray[np.float32]:
        """The (7,) action from the commanded pose ``target`` and the measured opening."""
        still = abs(opening - self._opening) < _STILL
        self._opening = opening
        if sight.placed:
            if self._closed:
                self._take(False)
                self._gripped = opening
            move, turn, wanted = self._leave(target, opening, sight)
        elif self._closed or sight.held:
            self._closed = True
            move, turn, wanted = self._carry(target, still, sight)
        else:
            move, turn, wanted = self._reach(target, opening, sight)
        return np.array([*move, 0.0, 0.0, turn, wanted], dtype=np.float32)

    def _take(self, closed: bool) -> None:
        self._closed, self._waited, self._missed = closed, 0, 0

    def _reach(
        self, target: pin.SE3, opening: float, sight: Sight
    ) -> tuple[NDArray[np.float64], float, float]:
        """Above the object, down around it, and at rest there for a moment."""
        tip, across = target.translation, (sight.grasp.translation - target.translation)[:2]
        down = float(sight.grasp.translation[2] - tip[2])
        yaw = float(np.arctan2(sight.grasp.rotation[1, 0], sight.grasp.rotation[0, 0]))
        turn = turn_towards(target.rotation, yaw, _TURN_STEP)
        distance, low = float(np.linalg.norm(across)), tip[2] < sight.top + 0.012
        if opening < 0.8 and low:
            return np.array([0.0, 0.0, _TRAVEL_STEP]), 0.0, 1.0
        if distance < (0.02 if low else 0.006) and abs(turn) < (0.2 if low else 0.05):
            near = abs(down) < 0.03
            settled = abs(down) < 0.002 and distance < 0.003
            self._waited = self._waited + 1 if settled else 0
            if self._waited >= _SETTLE:
                self._take(True)
                return np.zeros(3), 0.0, 0.0
            step = bounded(down, _NEAR_STEP if near else _TRAVEL_STEP)
            return np.array([*shortened(across, _NEAR_STEP), step]), turn, 1.0
        climb = bounded(sight.top + _ABOVE - tip[2], _TRAVEL_STEP)
        free = 0.0 if low else _TRAVEL_STEP
        return np.array([*shortened(across, free), climb]), turn if not low else 0.0, 1.0

    def _carry(
        self, target: pin.SE3, still: bool, sight: Sight
    ) -> tuple[NDArray[np.float64], float, float]:
        """Once the fingers have closed on it: up, across, and down into the container."""
        self._waited += 1
        self._missed = 0 if sight.held else self._missed + 1
        astray = float(np.linalg.norm(sight.grasp.translation - target.translation)) > _ASTRAY
        if self._missed > _PATIENCE and (still or astray):
            self._take(False)
            return np.zeros(3), 0.0, 1.0
        if self._waited <= _SETTLE or not (still and sight.held):
            return np.zeros(3), 0.0, 0.0
        # Between tool and object, so that neither comes close to a wall.
        across = sight.container - 0.5 * (target.translation + sight.centre)[:2]
        distance = float(np.linalg.norm(across))
        if distance < (_WITHIN if sight.lowest < sight.rim else _OVER):
            return np.array([*shortened(across, _NEAR_STEP), -_LOWER_STEP]), 0.0, 0.0
        up = sight.rim + _CLEARANCE - sight.lowest
        climb = bounded(up, _TRAVEL_STEP if sight.lowest > 0.01 else _NEAR_STEP)
        free = _TRAVEL_STEP if up < 0.012 else 0.0
        return np.array([*shortened(across, free), climb]), 0.0, 0.0

    def _leave(
        self, target: pin.SE3, opening: float, sight: Sight
    ) -> tuple[NDArray[np.float64], float, float]:
        """Opens, no wider than the walls allow, then rises straight out of the container."""
        self._waited += 1
        wanted = min(max(self._gripped + _RELEASE, _LEAST_RELEASE), 1.0)
        free = opening > wanted - 0.05 or self._waited > _OPENED
        climb = bounded(sight.rim + 0.13 - target.translation[2], _TRAVEL_STEP)
        return np.array([0.0, 0.0, max(climb, 0.0) if free else 0.0]), 0.0, wanted
