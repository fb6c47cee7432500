# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Push cube by instruction: three coloured cubes, a goal zone, and a sentence.

Scene (base frame, m): cubes of 0.045 side stand at x = 0.42 +- 0.03 in three lanes around
y = -0.16, 0, 0.16 (+- 0.02) in a random order and turned by up to 0.4 rad; the goal zone is
a square of 0.14 side centred at (0.60 +- 0.02, 0.0 +- 0.03). The arm starts within
0.02 rad of home, per joint. The instruction names one colour in one of many wordings.

Success: the centre of the named cube is at least 0.02 inside the border of the goal zone
(so nearly all of the cube is) and no other cube's centre is inside the zone.
Milestone: the arm touches the named cube.
An episode ends after 120 control periods (6 s).

Splits: unseen_states puts the cubes nearer or further (0.035 to 0.055 off x = 0.42, lanes
+- 0.03, turned by 0.4 to 0.7 rad) and the goal aside (0.035 to 0.05 off y = 0); unseen_objects has
yellow, purple and orange cubes; unseen_wordings has sentences of other verbs and nouns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.errors import ConfigError, choices
from rlco_sim.experts.push import PushExpert
from rlco_sim.scene import SPLITS, Scene, Split
from rlco_sim.tasks.shared import either_way, named
from rlco_sim.world import World

COLOURS = ("red", "green", "blue")
UNSEEN_COLOURS = ("yellow", "purple", "orange")
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
UNSEEN_WORDINGS = (
    "shift the {} dice onto the pale patch",
    "could you drive the {} cube forward to where it should go",
    "the bright square is for the {} block",
    "transport the {} object to its destination",
    "make sure that the {} cube ends up on the light field",
)

_CUBE_HALF = 0.0225
_GOAL_HALF = 0.07
_WELL_INSIDE = 0.05
_LANES = (-0.16, 0.0, 0.16)


class PushCube:
    """See the module's text for the scene and the measure of success."""

    name: ClassVar[str] = "push_cube"
    max_steps: ClassVar[int] = 120
    hold_steps: ClassVar[int] = 0
    gripper_opening: ClassVar[float] = 0.5
    milestones: ClassVar[tuple[str, ...]] = ("touched",)
    splits: ClassVar[tuple[Split, ...]] = SPLITS

    def __init__(self, world: World, split: Split) -> None:
        self._world, self._split = world, split
        self._colours = self.subjects(split)
        looks, objects = world.settings.looks, world.settings.objects
        missing = set(self._colours) - set(looks.cubes)
        if missing:
            raise ConfigError(f"looks.cubes gives no colour for {choices(missing)}")
        self._half = _CUBE_HALF * objects.size
        self._goal_body = world.add_box(
            (_GOAL_HALF, _GOAL_HALF, 0.001), (0.0, 0.0, 0.0), looks.goal, solid=False
        )
        self._cubes = {
            colour: world.add_box(
                (self._half,) * 3,
                (0.0, 0.0, 0.0),
                looks.cubes[colour],
                mass=objects.mass,
                friction=objects.friction,
            )
            for colour in self._colours
        }

    @classmethod
    def subjects(cls, split: Split) -> tuple[str, ...]:
        """The colours of the cubes."""
        return UNSEEN_COLOURS if split == "unseen_objects" else COLOURS

    @classmethod
    def subject(cls, instruction: str) -> str:
        """The one colour that an instruction names."""
        return named_colour(instruction)

    @classmethod
    def swapped(cls, instruction: str) -> str:
        """The same sentence with the next colour: red, green, blue, red."""
        colour = named_colour(instruction)
        ring = COLOURS if colour in COLOURS else UNSEEN_COLOURS
        following = ring[(ring.index(colour) + 1) % len(ring)]
        word = rf"(?<![a-z]){colour}(?![a-z])"
        return re.sub(word, following, instruction, flags=re.IGNORECASE)

    def reset(self, rng: np.random.Generator, instruction: str) -> Scene:
        """Draws lanes, poses, goal and sentence, always in the same order."""
        far = self._split == "unseen_states"
        goal = (
            rng.uniform(-0.02, 0.02),
            either_way(rng, 0.035, 0.05) if far else rng.uniform(-0.03, 0.03),
        )
        self._goal = np.array([0.60 + goal[0], goal[1], 0.0])
        self._world.place(self._goal_body, self._goal)
        for colour, lane in zip(rng.permutation(self._colours), _LANES, strict=True):
            x, y, yaw = _far_pose(rng, lane) if far else _near_pose(rng, lane)
            self._world.place(self._cubes[str(colour)], np.array([x, y, self._half]), yaw)
        wordings = UNSEEN_WORDINGS if self._split == "unseen_wordings" else WORDINGS
        drawn_colour, wording = str(rng.choice(self._colours)), str(rng.choice(wordings))
        text = instruction or wording.format(drawn_colour)
        self._subject = named_colour(text)
        self._expert = PushExpert()
        return Scene(instruction=text, subject=self._subject)

    def success(self) -> bool:
        """Whether the named cube, and it alone, is in the goal zone."""
        others = (colour for colour in self._cubes if colour != self._subject)
        well_inside = self._within(self._subject, _WELL_INSIDE)
        return well_inside and not any(self._within(colour, _GOAL_HALF) for colour in others)

    def reached(self) -> tuple[bool, ...]:
        """Whether the arm touches the named cube."""
        return (bool(self._world.arm.touches(self._cubes[self._subject])),)

    def references(self) -> Mapping[str, pin.SE3]:
        """The named cube, looking towards the goal."""
        cube = self._world.position(self._cubes[self._subject])
        way = self._goal - cube
        frame = pin.SE3(pin.utils.rotate("z", float(np.arctan2(way[1], way[0]))), cube)
        return {"touched": frame, "success": frame}

    def points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The named cube, and the goal's middle."""
        return self._world.position(self._cubes[self._subject]), self._goal

    def expert(self, target: pin.SE3, opening: float) -> NDArray[np.float32]:
        """The scripted push of the named cube."""
        cube = self._world.position(self._cubes[self._subject])
        return self._expert.act(target, cube[:2], self._goal[:2], self.gripper_opening)

    def cube_position(self, colour: str) -> NDArray[np.float64]:
        """(3,) m, centre of a cube in the base frame."""
        return self._world.position(self._cubes[colour])

    def _within(self, colour: str, half: float) -> bool:
        x, y, _ = self._world.position(self._cubes[colour]).tolist()
        return bool(max(abs(x - self._goal[0]), abs(y - self._goal[1])) <= half)


def _near_pose(rng: np.random.Generator, lane: float) -> tuple[float, float, float]:
    x, y = 0.42 + rng.uniform(-0.03, 0.03), lane + rng.uniform(-0.02, 0.02)
    return x, y, rng.uniform(-0.4, 0.4)


def _far_pose(rng: np.random.Generator, lane: float) -> tuple[float, float, float]:
    x, y = 0.42 + either_way(rng, 0.035, 0.055), lane + rng.uniform(-0.03, 0.03)
    return x, y, either_way(rng, 0.4, 0.7)


def named_colour(instruction: str) -> str:
    """The one colour that an instruction names.

    Raises:
        ConfigError: it names none or several.
    """
    return named(instruction, (*COLOURS, *UNSEEN_COLOURS), "colours")
