# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Makes a scripted expert move as people do: at their own pace, with pauses, detours, slips."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

Action = NDArray[np.float32]

_PACE = (0.70, 1.10)
_PAUSE_CHANCE = 0.006
_PAUSE_STEPS = (4, 12)
_DETOUR_STEP = 0.004
_DETOUR_PERIOD = (25.0, 60.0)
_FASTEST = 0.024
#: Below this height, m, things are near and people move straight.
_FREE_HEIGHT = 0.10
_BURST_CHANCE = 0.04
_BURST_STEPS = (3, 9)
_BURST_STEP = 0.010
#: Where an arm goes that strays, m in the base frame; control periods, and how far in each, m.
_LOW, _HIGH = (0.38, -0.25, 0.10), (0.64, 0.25, 0.28)
_STRAY_STEPS, _STRAY_STEP = (8, 28), 0.02
#: Periods that it stays there, so that some find it at rest and others under way.
_STAY_STEPS = (0, 7)
# Keep what is drawn here apart from the scene of the same seed.
_STYLE_STREAM, _BURST_STREAM, _STRAY_STREAM = 0x7374796C, 0x64697374, 0x73747279


class HumanStyle:
    """One person's way of doing one episode; all of it is what they wanted, so it is recorded.

    Args:
        seed: of the episode.
        strength: 0 for the bare expert, 1 for a pace of 70 to 110%, a pause now and then and
            detours of up to 4 mm per control period where the hand is free.
    """

    def __init__(self, seed: int, strength: float) -> None:
        self._rng = np.random.default_rng((_STYLE_STREAM, seed))
        self._strength = strength
        self._pace = 1.0 + strength * (float(self._rng.uniform(*_PACE)) - 1.0)
        self._detour = strength * self._rng.uniform(-_DETOUR_STEP, _DETOUR_STEP, 3)
        self._frequency = 2.0 * math.pi / self._rng.uniform(*_DETOUR_PERIOD)
        self._phase = float(self._rng.uniform(0.0, 2.0 * math.pi))
        self._pause, self._step = 0, 0

    def wish(self, action: Action, target: pin.SE3) -> Action:
        """What this person does where the expert would do ``action`` (7,)."""
        if self._strength == 0.0:
            return action  # whatever its speed: the bare expert is judged by the safety check
        self._step += 1
        if self._pause == 0 and self._rng.random() < self._strength * _PAUSE_CHANCE:
            self._pause = int(self._rng.integers(*_PAUSE_STEPS))
        wished = action.copy()
        if self._pause > 0:
            self._pause -= 1
            wished[:6] = 0.0
            return wished
        wished[:6] *= self._pace
        free = min(max(target.translation[2] / _FREE_HEIGHT - 1.0, 0.0), 1.0)
        wished[:3] += free * self._detour * math.sin(self._frequency * self._step + self._phase)
        # Nobody outruns the limit of speed, 0.5 m/s at 20 Hz, that every arm of ours has.
        wished[:3] *= min(1.0, _FASTEST / max(float(np.linalg.norm(wished[:3])), 1e-9))
        return wished


class Disturbance:
    """Now and then moves the arm its own way for a few periods.

    The recorded action stays the person's, so a policy sees how to come back from where
    its own mistakes lead it (Laskey et al., DART, CoRL 2017).

    Args:
        seed: of the episode.
        strength: 0 for none, 1 for bursts of up to 0.010 m per period and axis.
    """

    def __init__(self, seed: int, strength: float) -> None:
        self._rng = np.random.default_rng((_BURST_STREAM, seed))
        self._strength = strength
        self._left = 0
        self._push = np.zeros(3)

    def apply(self, action: Action) -> Action:
        """The (7,) action that is really played."""
        if self._strength == 0.0:
            return action  # a burst of no strength would hold the arm, not let it go
        if self._left == 0 and self._rng.random() < _BURST_CHANCE:
            self._left = int(self._rng.integers(*_BURST_STEPS))
            self._push = self._rng.uniform(-_BURST_STEP, _BURST_STEP, 3) * self._strength
        if self._left == 0:
            return action
        self._left -= 1
        disturbed = action.copy()
        disturbed[:3] = self._push
        return disturbed


class Stray:
    """Now and then the arm has gone anywhere before a demonstration begins, with its gripper open
    or closed, as after an attempt that failed. A policy sees how to go on from there.

    Args:
        seed: of the episode.
        chance: share of the demonstrations.
    """

    def __init__(self, seed: int, chance: float) -> None:
        rng = np.random.default_rng((_STRAY_STREAM, seed))
        self._left = int(rng.integers(*_STRAY_STEPS)) if rng.random() < chance else 0
        self._goal = rng.uniform(_LOW, _HIGH)
        self._opening = float(rng.integers(2))
        self._stay = int(rng.integers(*_STAY_STEPS)) if self._left else 0

    def actions(self, target: Callable[[], pin.SE3]) -> Iterator[Action]:
        """The (7,) actions, from the commanded pose ``target``."""
        for _ in range(self._left):
            way = self._goal - target().translation
            way *= min(1.0, _STRAY_STEP / max(float(np.linalg.norm(way)), 1e-9))
            yield np.array([*way, 0.0, 0.0, 0.0, self._opening], dtype=np.float32)
        for _ in range(self._stay):
            yield np.array([0.0] * 6 + [self._opening], dtype=np.float32)
