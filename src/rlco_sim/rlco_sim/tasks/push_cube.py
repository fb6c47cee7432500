# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Push cube by instruction: three coloured cubes, a goal zone, and a sentence.

Scene (base frame, m): cubes of 0.045 side stand at x = 0.42 +- 0.03 in three lanes around
y = -0.16, 0, 0.16 (+- 0.02) in a random order and turned by up to 0.4 rad; the goal zone is
a square of 0.14 side centred at (0.60 +- 0.02, 0.0 +- 0.03). The arm starts within
0.02 rad of home, per joint. The instruction names one colour in one of many wordings.

Success: the centre of the named cube is at least 0.02 inside the border of the goal zone
(so nearly all of the cube is) and no other cube's centre is inside the zone.
An episode ends after 120 control periods (6 s).
"""

from __future__ import annotations

import re
from typing import ClassVar

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.errors import ConfigError, choices
from rlco_sim.experts import PushExpert
from rlco_sim.scene import Scene
from rlco_sim.world import World

COLOURS = ("red", "green", "blue")
WORDINGS = (
    "push the {} cube into the goal zone",
    "push the {} cube to the target",
    "move the {} block into the white square",
    "slide the {} cube onto the goal",
    "shove the {} box into the marked area",
    "please push the {} block to the goal",
    "get the {} cube into the white zone",
    "the {} cube belongs in the goal, push it there",
    "bring the {} one to the white square",
    "slide the {} block over to the target area",
    "nudge the {} cube into the zone",
    "put the {} cube in the goal by pushing it",
)

_CUBE_HALF = 0.0225
_GOAL_HALF = 0.07
_WELL_INSIDE = 0.05
_LANES = (-0.16, 0.0, 0.16)


class PushCube:
    """See the module's text for the scene and the measure of success."""

    name: ClassVar[str] = "push_cube"
    max_steps: ClassVar[int] = 120
    gripper_opening: ClassVar[float] = 0.5

    def __init__(self, world: World) -> None:
        self._world = world
        looks, physics = world.domain.looks, world.domain.physics
        missing = set(COLOURS) - set(looks.cubes)
        if missing:
            raise ConfigError(
                f"domain '{world.domain.name}' gives no colour for {choices(missing)}"
            )
        self._goal_body = world.add_box(
            (_GOAL_HALF, _GOAL_HALF, 0.001), (0.0, 0.0, 0.0), looks.goal, solid=False
        )
        self._cubes = {
            colour: world.add_box(
                (_CUBE_HALF,) * 3,
                (0.0, 0.0, 0.0),
                looks.cubes[colour],
                mass=physics.cube_mass,
                friction=physics.cube_friction,
            )
            for colour in COLOURS
        }

    @classmethod
    def subject(cls, instruction: str) -> str:
        """The one colour that an instruction names."""
        return named_colour(instruction)

    @classmethod
    def swapped(cls, instruction: str) -> str:
        """The same sentence with the next colour: red, green, blue, red."""
        colour = named_colour(instruction)
        following = COLOURS[(COLOURS.index(colour) + 1) % len(COLOURS)]
        word = rf"(?<![a-z]){colour}(?![a-z])"
        return re.sub(word, following, instruction, flags=re.IGNORECASE)

    def reset(self, rng: np.random.Generator, instruction: str) -> Scene:
        """Draws lanes, poses, goal and sentence, always in the same order."""
        self._goal = np.array([0.60 + rng.uniform(-0.02, 0.02), rng.uniform(-0.03, 0.03), 0.0])
        self._world.place(self._goal_body, self._goal)
        for colour, lane in zip(rng.permutation(COLOURS), _LANES, strict=True):
            x, y = 0.42 + rng.uniform(-0.03, 0.03), lane + rng.uniform(-0.02, 0.02)
            yaw = rng.uniform(-0.4, 0.4)
            self._world.place(self._cubes[str(colour)], np.array([x, y, _CUBE_HALF]), yaw)
        drawn_colour, wording = str(rng.choice(COLOURS)), str(rng.choice(WORDINGS))
        text = instruction or wording.format(drawn_colour)
        self._subject = named_colour(text)
        self._expert = PushExpert()
        return Scene(instruction=text, subject=self._subject)

    def success(self) -> bool:
        """Whether the named cube, and it alone, is in the goal zone."""
        others = (colour for colour in COLOURS if colour != self._subject)
        well_inside = self._within(self._subject, _WELL_INSIDE)
        return well_inside and not any(self._within(colour, _GOAL_HALF) for colour in others)

    def expert(self, target: pin.SE3) -> NDArray[np.float32]:
        """The scripted push of the named cube."""
        cube = self._world.position(self._cubes[self._subject])
        return self._expert.act(target, cube[:2], self._goal[:2], self.gripper_opening)

    def cube_position(self, colour: str) -> NDArray[np.float64]:
        """(3,) m, centre of a cube in the base frame."""
        return self._world.position(self._cubes[colour])

    def _within(self, colour: str, half: float) -> bool:
        offset = self.cube_position(colour)[:2] - self._goal[:2]
        return bool(np.abs(offset).max() <= half)


def named_colour(instruction: str) -> str:
    """The one colour that an instruction names.

    Raises:
        ConfigError: it names none or several.
    """
    words = set(re.findall(r"[a-z]+", instruction.lower()))
    named = [colour for colour in COLOURS if colour in words]
    if len(named) != 1:
        raise ConfigError(
            f"instruction '{instruction}' names {len(named)} colours; "
            f"it must name exactly one of {choices(COLOURS)}"
        )
    return named[0]
