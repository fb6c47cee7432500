# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Lift cube: a small task of one's own, complete in one file.

Scene (base frame, m and rad): a cube of 0.046 side stands at x = 0.48 +- 0.05, y = +-0.12 at most
and is turned by up to 0.4. The arm starts within 0.02 rad of home, per joint, the gripper open.

Success: both fingers touch the cube and its centre is 0.10 or more above the table, for 4 control
periods. Milestone: grasped, both fingers touch it. An episode ends after 100 control periods.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_sim.experts.moves import bounded, shortened, turn_towards
from rlco_sim.scene import Scene, Split
from rlco_sim.tasks import register
from rlco_sim.world import World

WORDINGS = ("lift the cube", "pick the cube up", "hold the cube in the air")

_HALF, _HIGH, _ABOVE = 0.023, 0.10, 0.10


@register
class LiftCube:
    """See the module's text for the scene and the measure of success."""

    name: ClassVar[str] = "lift_cube"
    max_steps: ClassVar[int] = 100
    hold_steps: ClassVar[int] = 4
    gripper_opening: ClassVar[float] = 1.0
    milestones: ClassVar[tuple[str, ...]] = ("grasped",)
    splits: ClassVar[tuple[Split, ...]] = ("train",)

    def __init__(self, world: World, split: Split) -> None:
        self._world = world
        looks, objects = world.settings.looks, world.settings.objects
        self._half = _HALF * objects.size
        self.cube = world.add_box(
            (self._half,) * 3,
            (0.0, 0.0, 0.0),
            looks.object,
            mass=objects.mass,
            friction=objects.friction,
        )

    @classmethod
    def subjects(cls, split: Split) -> tuple[str, ...]:
        """There is one cube."""
        return ("cube",)

    @classmethod
    def subject(cls, instruction: str) -> str:
        """The cube, if the instruction speaks of it."""
        if "cube" not in re.findall(r"[a-z]+", instruction.lower()):
            raise ConfigError(f"instruction '{instruction}' does not speak of a cube")
        return "cube"

    @classmethod
    def swapped(cls, instruction: str) -> str:
        """There is nothing to swap the cube for."""
        raise ConfigError("task 'lift_cube' has but one subject, the cube")

    def reset(self, rng: np.random.Generator, instruction: str) -> Scene:
        """Draws place, turn and sentence, always in the same order."""
        x, y, turn = 0.48 + rng.uniform(-0.05, 0.05), rng.uniform(-0.12, 0.12), rng.uniform(-1, 1)
        self._world.place(self.cube, (x, y, self._half), 0.4 * turn)
        drawn = str(rng.choice(WORDINGS))
        return Scene(instruction=instruction or drawn, subject="cube")

    def success(self) -> bool:
        """Whether the cube is held up."""
        return self._held() and bool(self._world.position(self.cube)[2] >= _HIGH)

    def reached(self) -> tuple[bool, ...]:
        """Whether the cube is held."""
        return (self._held(),)

    def references(self) -> Mapping[str, pin.SE3]:
        """The cube, until it is grasped and after."""
        cube = self._world.pose(self.cube)
        return {"grasped": cube, "success": cube}

    def points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The cube, and where it is high enough."""
        cube = self._world.position(self.cube)
        return cube, np.array([*cube[:2], _HIGH])

    def expert(self, target: pin.SE3, opening: float) -> NDArray[np.float32]:
        """Across above the cube, down around it, close, up; what slips away is fetched again."""
        cube, tip = self._world.pose(self.cube), target.translation
        across, down = cube.translation[:2] - tip[:2], float(cube.translation[2] - tip[2])
        turn = turn_towards(target.rotation, math.atan2(*cube.rotation[1::-1, 0]), 0.06)
        over = float(np.linalg.norm(across)) < 0.006 and abs(turn) < 0.05
        if self._held():
            move, wanted = (0.0, 0.0, 0.010), 0.0
        elif over:
            move, wanted = (*shortened(across, 0.003), bounded(down, 0.009)), float(down < -0.003)
        else:
            move, wanted = (*shortened(across, 0.015), bounded(down + _ABOVE, 0.015)), 1.0
        return np.array([*move, 0.0, 0.0, turn, wanted], np.float32)

    def _held(self) -> bool:
        return self._world.arm.touches(self.cube) >= {0, 1}
