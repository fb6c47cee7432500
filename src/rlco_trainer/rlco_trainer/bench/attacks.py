# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a broken policy, a broken network or a broken node may ask of an arm.

An attack is a list of steps: what happens in one control period of the policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig
from rlco_sim.session import DT

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """One control period.

    Attributes:
        kind: an ``action`` for the action path, ``joints`` for the stream itself, ``nothing``
            that comes, or a ``brake``.
        values: of the action or the joints.
        seconds: until which joints should be there.
    """

    kind: Literal["action", "joints", "nothing", "brake"]
    values: Rows
    seconds: float = DT


Attack = list[Step]
_NOTHING = Step("nothing", np.zeros(0))
_FOUL = (np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324)


class Adversary:
    """Makes attacks on one arm.

    Args:
        robot, kinematics: the arm.
        recorded: (T, 7) actions of an expert each, in which faults are put.
        rng: of all that is drawn.
    """

    def __init__(
        self,
        robot: RobotConfig,
        kinematics: Kinematics,
        recorded: list[Rows],
        rng: np.random.Generator,
    ) -> None:
        self._robot, self._kinematics = robot, kinematics
        self._recorded, self._rng = recorded, rng

    def attacks(self) -> Mapping[str, Callable[[], Attack]]:
        """One more of each kind, by name."""
        return {
            "noise": self.noise,
            "drift": self.drift,
            "faults": self.faults,
            "jumps": self.jumps,
            "foul": self.foul,
            "stutter": self.stutter,
            "bend": self.bend,
        }

    def noise(self) -> Attack:
        """A policy that returns white noise, of any size up to twice what is allowed."""
        size = self._rng.uniform(0.05, 2.0)
        return [self._action(size * self._rng.uniform(-1.0, 1.0, 7)) for _ in range(60)]

    def drift(self) -> Attack:
        """A policy that pushes one way for long, into walls, floor and stops, and back."""
        steps = []
        for _ in range(3):
            way = self._rng.normal(size=7)
            way *= self._rng.uniform(0.3, 1.0) / np.abs(way).max()
            steps += [self._action(way)] * int(self._rng.integers(10, 40))
        return steps

    def faults(self) -> Attack:
        """What an expert did, with something wrong in the middle of it."""
        rows = self._recorded[self._rng.integers(len(self._recorded))].copy()
        begin = int(self._rng.integers(len(rows)))
        hurt = rows[begin : begin + int(self._rng.integers(1, 12))]
        fault = self._rng.integers(6)
        if fault == 0:
            hurt *= self._rng.uniform(-8.0, 8.0)
        elif fault == 1:
            hurt[:] = hurt[::-1]
        elif fault == 2:
            hurt[self._rng.integers(len(hurt)), self._rng.integers(7)] = self._rng.choice(_FOUL)
        elif fault == 3:
            self._rng.shuffle(hurt)
        elif fault == 4:
            hurt += self._rng.normal(0.0, 0.02, hurt.shape)
        steps = [Step("action", row) for row in rows]
        if fault == 5:
            steps[begin : begin + len(hurt)] = [_NOTHING] * len(hurt)
        return steps

    def jumps(self) -> Attack:
        """Joint commands from anywhere to anywhere, within the stops and beyond."""
        low, high = self._kinematics.lower, self._kinematics.upper
        reach = self._rng.choice([0.02, 0.2, 1.0, 1.3])
        middle = self._kinematics.home
        return [
            Step(
                "joints",
                middle + reach * (self._rng.uniform(low, high) - middle),
                float(self._rng.choice([0.01, DT, 0.5])),
            )
            for _ in range(40)
        ]

    def foul(self) -> Attack:
        """Sound joint commands with values that are none among them."""
        home, count = self._kinematics.home, len(self._kinematics.home)
        steps = []
        for _ in range(40):
            joints = home + self._rng.normal(0.0, 0.05, count)
            chance = self._rng.random()
            if chance < 0.2:
                joints[self._rng.integers(count)] = self._rng.choice(_FOUL)
            elif chance < 0.3:
                joints = joints[: self._rng.integers(count)]
            steps.append(Step("joints", joints))
        return steps

    def stutter(self) -> Attack:
        """Fast motion with gaps, and stops that are asked for at any moment."""
        steps: Attack = []
        while len(steps) < 60:
            way = self._rng.uniform(-1.0, 1.0, 7)
            steps += [self._action(way)] * int(self._rng.integers(1, 10))
            pause = Step("brake", np.zeros(0)) if self._rng.random() < 0.5 else _NOTHING
            steps += [pause] * int(self._rng.integers(1, 4))
        return steps

    def bend(self) -> Attack:
        """Joints that go one way for long, where no path would take them: into the arm itself, the
        table and singularities.
        """
        steps, joints = [], self._kinematics.home
        low, high = self._kinematics.lower, self._kinematics.upper
        for _ in range(3):
            way = self._rng.uniform(-1.0, 1.0, len(joints)) * self._kinematics.velocity
            way *= DT * self._rng.uniform(0.1, 0.8) * (self._rng.random(len(joints)) < 0.6)
            for _ in range(int(self._rng.integers(10, 40))):
                joints = (joints + way).clip(low, high)
                steps.append(Step("joints", joints))
        return steps

    def _action(self, way: Rows) -> Step:
        """An action by shares of the largest speeds."""
        limits = self._robot.limits
        scale = [limits.linear_speed * DT / np.sqrt(3.0)] * 3
        scale += [limits.angular_speed * DT / np.sqrt(3.0)] * 3
        return Step("action", way * np.array([*scale, 1.0]))
