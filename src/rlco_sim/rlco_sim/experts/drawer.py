# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Scripted experts for the drawer; lengths in m, angles in rad, steps per control period.

Both work in the handle's frame: x points out of the front, y along the bar, z up. The hand hangs
down with its finger axis along x, so the fingers can straddle the bar or push it.
"""

from __future__ import annotations

import math

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_sim.experts.moves import bounded, shortened, towards, turn_towards

_HOVER = 0.075
_STEP = 0.014
_SLOW_STEP = 0.007
_TURN_STEP = 0.06
_OPEN, _CLOSED = 0.5, 0.0
#: Openings between which closing fingers are stopped by the bar; below they hold nothing.
_EMPTY, _GRIPPED = 0.08, 0.3
#: Where the tip pulls to and pushes to, measured from the middle of the closed handle.
_PULLED, _PUSHED = 0.120, 0.012
_STANDOFF = 0.045
#: How far the commanded tip may run ahead of a drawer that does not follow.
_LEAD = 0.035
#: Periods within which the fingers close, and how far from a caught handle the tip is free.
_PATIENCE, _CLEAR = 25, 0.07


class OpenDrawerExpert:
    """Comes down astride the bar, grips it and pulls it out.

    All it remembers is whether it pulls, and how long it has waited for the fingers to close. A
    bar that slips away makes it lift and come again; a finger that is caught makes it back out.
    """

    def __init__(self) -> None:
        self._pulling = False
        self._waited = 0

    def act(
        self, target: pin.SE3, handle: pin.SE3, travel: float, opening: float
    ) -> NDArray[np.float32]:
        """The (7,) action from the commanded pose ``target`` and the measured ``opening``."""
        tip = _tip(target, handle)
        astride = _near(tip, (0.012, 0.025, 0.012)) and opening > _EMPTY
        held = _near(tip, (0.06, 0.04, 0.02)) and opening > _EMPTY
        self._pulling = held and (self._pulling or (astride and opening < _GRIPPED))
        if self._pulling:
            ahead = min(_PULLED - travel - tip[0], _LEAD - tip[0])
            return _action(target, handle, _along(tip, bounded(ahead, 0.012)), _CLOSED)
        if self._caught(tip, astride):
            return _action(target, handle, np.array([0.01, 0.0, 0.0]), _OPEN)
        if astride:
            return _action(target, handle, shortened(-tip, 0.003), _CLOSED)
        return _action(target, handle, _approach(tip, np.zeros(3), _turned(target, handle)), _OPEN)

    def _caught(self, tip: NDArray[np.float64], astride: bool) -> bool:
        """Whether it has waited in vain and is not yet clear of the handle again."""
        self._waited += astride
        if self._waited > _PATIENCE and tip[0] < _CLEAR:
            return True
        if not astride:
            self._waited = 0
        return False


class CloseDrawerExpert:
    """Comes down in front of the bar with closed fingers and pushes it in.

    All it remembers is whether it pushes; a hand beside the bar lifts and comes again.
    """

    def __init__(self) -> None:
        self._pushing = False

    def act(self, target: pin.SE3, handle: pin.SE3, travel: float) -> NDArray[np.float32]:
        """The (7,) action from the commanded pose ``target``."""
        tip = _tip(target, handle)
        start = np.array([_STANDOFF, 0.0, 0.0])
        ready = _near(tip - start, (0.03, 0.03, 0.012))
        in_front = _near(tip - start, (0.08, 0.04, 0.02))
        self._pushing = in_front and (self._pushing or ready)
        if self._pushing:
            ahead = max(_PUSHED - travel - tip[0], -_LEAD - tip[0])
            move = _along(tip, bounded(ahead, 0.011))
        else:
            move = _approach(tip, start, _turned(target, handle))
        return _action(target, handle, move, _CLOSED)


def _along(tip: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """``step`` along the slide, and back to the middle of the bar."""
    return np.array([step, *(bounded(-x, 0.003) for x in tip[1:])])


def _approach(
    tip: NDArray[np.float64], goal: NDArray[np.float64], turned: bool
) -> NDArray[np.float64]:
    """Up where the cabinet is in the way, across above it, down once above ``goal``."""
    across = goal[:2] - tip[:2]
    distance = float(np.linalg.norm(across))
    if turned and distance < (0.006 if tip[2] > _HOVER - 0.02 else 0.012):
        slow = tip[2] < goal[2] + 0.035
        down = bounded(goal[2] - tip[2], _SLOW_STEP if slow else _STEP)
        return np.array([*shortened(across, 0.004), down])
    hover = np.array([*goal[:2], _HOVER])
    if tip[2] < _HOVER - 0.02:
        return np.array([0.0, 0.0, bounded(_HOVER - tip[2], _STEP)])
    return towards(tip, hover, _STEP)


def _action(
    target: pin.SE3, handle: pin.SE3, move: NDArray[np.float64], opening: float
) -> NDArray[np.float32]:
    """``move`` is in the handle's frame; the hand turns to stand square to the bar."""
    turn = turn_towards(target.rotation, _hand_yaw(handle), _TURN_STEP)
    return np.array([*(handle.rotation @ move), 0.0, 0.0, turn, opening], dtype=np.float32)


def _tip(target: pin.SE3, handle: pin.SE3) -> NDArray[np.float64]:
    """(3,) the commanded tip in the handle's frame."""
    return np.asarray(handle.actInv(target.translation))


def _near(offset: NDArray[np.float64], limits: tuple[float, float, float]) -> bool:
    return bool((np.abs(offset) < limits).all())


def _hand_yaw(handle: pin.SE3) -> float:
    """Yaw of the hand whose finger axis, its y, lies along the slide."""
    return math.atan2(handle.rotation[1, 0], handle.rotation[0, 0]) + math.pi / 2.0


def _turned(target: pin.SE3, handle: pin.SE3) -> bool:
    return abs(turn_towards(target.rotation, _hand_yaw(handle), math.pi)) < 0.05
