# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Pick and place: one object of varying shape, an open container, and a sentence.

Scene (base frame, m and rad): the object, one of the train shapes of ``shapes/shapes.yaml``,
stands at x = 0.49 +- 0.07, y = +-(0.155 +- 0.045), turned by up to 0.6 from one of two opposite
ways. On the other side, centred at x = 0.51 +- 0.05, y = +-(0.145 +- 0.015) and turned by up to
0.25, stands a container, open at the top: 0.16 x 0.16 inside, walls 0.05 high. The arm starts
within 0.02 rad of home, per joint, the gripper open. The instruction names the object.

Success: the object is at rest (slower than 0.02 m/s) with its centre of mass between the walls
and its lowest point below the rim, no link of the arm touches it, and the gripper is more
than half open; all of this for 4 control periods.
Milestones: grasped, both fingers touch it; lifted, they do and its lowest point is 0.03 above the
table; above, lifted with its centre over the inside of the container.
Nothing is ever fixed to the gripper: friction holds the object.
An episode ends after 200 control periods (10 s).

Splits: unseen_states has the object 0.08 to 0.11 off x = 0.49 and turned by 0.6 to 0.85, and the
container turned by 0.25 to 0.45; unseen_objects has the unseen shapes; unseen_wordings has
sentences of other verbs and nouns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_sim.experts.moves import wrapped
from rlco_sim.experts.pick_place import PickPlaceExpert, Sight
from rlco_sim.scene import SPLITS, Scene, Split
from rlco_sim.shapes import Grasp, names, shape
from rlco_sim.tasks.shared import either_way, named
from rlco_sim.world import Part, World

WORDINGS = (
    "pick up the {} and put it in the tray",
    "pick up the {} and place it in the box",
    "put the {} into the container",
    "grasp the {} and drop it in the bin",
    "take the {} and lay it in the tray",
    "please move the {} into the box",
    "lift the {} and set it down in the container",
    "the {} belongs in the tray, put it there",
    "get the {} into the bin",
    "grab the {} and release it inside the box",
)
UNSEEN_WORDINGS = (
    "stow the {} in the crate",
    "could you transfer the {} to the basket",
    "fetch the {} and leave it within the open case",
    "the crate is where the {} should go",
    "make sure that the {} ends up in the receptacle",
)

#: The container, m: half of its inside, thickness of walls and floor, height of the rim.
INSIDE, _WALL, _FLOOR, RIM = 0.08, 0.004, 0.004, 0.05
_AT_REST = 0.02
_LIFTED = 0.03
#: Lowest point of a held object, above the container's floor, from which it may be dropped.
_DROP = 0.02
#: A grasp is given up for another only if that is nearer to the arm's home by so much, rad.
_LOYALTY = 0.15
#: Radius of the object's contacts, m, see ``World.add_thing``.
_PATCH = 0.002
#: Where the arms' workspace ends, m.
_LOWEST_TOOL = 0.015
#: Cosine of the tilt from which an object counts as fallen over.
_FALLEN = 0.7


class PickPlace:
    """See the module's text for the scene and the measure of success."""

    name: ClassVar[str] = "pick_place"
    max_steps: ClassVar[int] = 200
    hold_steps: ClassVar[int] = 4
    gripper_opening: ClassVar[float] = 1.0
    milestones: ClassVar[tuple[str, ...]] = ("grasped", "lifted", "above")
    splits: ClassVar[tuple[Split, ...]] = SPLITS

    def __init__(self, world: World, split: Split) -> None:
        self._world, self._split = world, split
        self._container = world.add_thing(
            _container_parts(), (0.0, 0.0, 0.0), world.settings.looks.container
        )
        self._object = -1

    @classmethod
    def subjects(cls, split: Split) -> tuple[str, ...]:
        """The nouns of the shapes."""
        return names(unseen=split == "unseen_objects")

    @classmethod
    def subject(cls, instruction: str) -> str:
        """The one shape that an instruction names."""
        return named_shape(instruction)

    @classmethod
    def swapped(cls, instruction: str) -> str:
        """Refuses: there is nothing else to name."""
        raise ConfigError("a scene of pick_place has but one object, so no other can be named")

    def reset(self, rng: np.random.Generator, instruction: str) -> Scene:
        """Draws shape, sentence and places, always in the same order."""
        wordings = UNSEEN_WORDINGS if self._split == "unseen_wordings" else WORDINGS
        drawn, wording = str(rng.choice(self.subjects(self._split))), str(rng.choice(wordings))
        text = instruction or wording.format(drawn)
        self._shape = shape(named_shape(text), self._world.settings.objects.size)
        far, side = self._split == "unseen_states", float(rng.choice((-1.0, 1.0)))
        self._put_container(rng, -side, far)
        self._put_object(rng, side, far)
        self._grasp = self._shape.grasps[0]
        self._expert = PickPlaceExpert()
        return Scene(instruction=text, subject=self._shape.name)

    def success(self) -> bool:
        """Whether the object rests in the container, let go."""
        arm = self._world.arm
        return (
            self._inside()
            and self._lowest() < RIM
            and self._world.speed(self._object) < _AT_REST
            and arm.opening > 0.5
            and not arm.touches(self._object)
        )

    def reached(self) -> tuple[bool, ...]:
        """Whether the object is grasped, lifted, and above the container."""
        grasped = self._held()
        lifted = grasped and self._lowest() > _LIFTED
        return grasped, lifted, lifted and self._inside()

    def references(self) -> Mapping[str, pin.SE3]:
        """The object, turned as its grasp is; then the container."""
        grasp = self._tool()
        where = pin.SE3(grasp.rotation, self._world.position(self._object))
        return {"grasped": where, "success": self._world.pose(self._container)}

    def points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The object, and the container."""
        return self._world.position(self._object), self._world.position(self._container)

    def expert(self, target: pin.SE3, opening: float) -> NDArray[np.float32]:
        """The scripted pick and place."""
        lowest = self._lowest()
        sight = Sight(
            grasp=self._tool(),
            centre=self._world.position(self._object),
            top=lowest + self._shape.height,
            lowest=lowest,
            held=self._held(),
            placed=self._inside() and lowest < _FLOOR + _DROP,
            container=self._world.position(self._container)[:2],
            rim=RIM,
        )
        return self._expert.act(target, opening, sight)

    def _tool(self) -> pin.SE3:
        """Upright pose of the tool for the grasp that is nearest to the arm's home."""
        pose = self._world.pose(self._object)
        if pose.rotation[2, 2] < _FALLEN:
            tool = self._shape.lying(pose)
        else:
            best = min(self._shape.grasps, key=lambda grasp: abs(_tool_yaw(pose, grasp)))
            gain = abs(_tool_yaw(pose, self._grasp)) - abs(_tool_yaw(pose, best))
            self._grasp = best if gain > _LOYALTY else self._grasp
            turn = pin.utils.rotate("z", _tool_yaw(pose, self._grasp))
            tool = pin.SE3(turn, pose * self._grasp.point)
        tool.translation = np.maximum(tool.translation, (-np.inf, -np.inf, _LOWEST_TOOL))
        return tool

    def _held(self) -> bool:
        return self._world.arm.touches(self._object) >= {0, 1}

    def _lowest(self) -> float:
        return self._shape.lowest(self._world.pose(self._object))

    def _inside(self) -> bool:
        """Whether the object's centre is between the walls, at any height."""
        offset = self._world.pose(self._container).actInv(self._world.position(self._object))
        return bool(np.abs(offset[:2]).max() < INSIDE)

    def _put_container(self, rng: np.random.Generator, side: float, far: bool) -> None:
        place = (0.51 + rng.uniform(-0.05, 0.05), side * rng.uniform(0.13, 0.16), 0.0)
        yaw = either_way(rng, 0.25, 0.45) if far else rng.uniform(-0.25, 0.25)
        self._world.place(self._container, place, yaw)

    def _put_object(self, rng: np.random.Generator, side: float, far: bool) -> None:
        x = 0.49 + (either_way(rng, 0.08, 0.11) if far else rng.uniform(-0.07, 0.07))
        place = (x, side * rng.uniform(0.11, 0.20), self._shape.standing)
        yaw = either_way(rng, 0.6, 0.85) if far else rng.uniform(-0.6, 0.6)
        settings = self._world.settings
        if self._object >= 0:
            self._world.remove(self._object)
        self._object = self._world.add_thing(
            self._shape.parts,
            place,
            settings.looks.object,
            mass=settings.objects.mass,
            friction=settings.objects.friction,
            patch=_PATCH,
        )
        self._world.place(self._object, place, yaw + float(rng.choice((0.0, np.pi))))


def _container_parts() -> list[Part]:
    outer, middle = INSIDE + 2.0 * _WALL, INSIDE + _WALL
    walls = [
        Part("box", half, (*place, RIM / 2.0))
        for half, place in (
            ((_WALL, outer, RIM / 2.0), (middle, 0.0)),
            ((_WALL, outer, RIM / 2.0), (-middle, 0.0)),
            ((outer, _WALL, RIM / 2.0), (0.0, middle)),
            ((outer, _WALL, RIM / 2.0), (0.0, -middle)),
        )
    ]
    return [Part("box", (outer, outer, _FLOOR / 2), (0.0, 0.0, _FLOOR / 2), shade=0.7), *walls]


def _tool_yaw(pose: pin.SE3, grasp: Grasp) -> float:
    """Yaw of the tool in the base frame, in [-pi/2, pi/2]: half a turn is the same grasp."""
    if grasp.yaw is None:
        return 0.0
    turned = float(np.arctan2(pose.rotation[1, 0], pose.rotation[0, 0]))
    return wrapped(2.0 * (turned + grasp.yaw)) / 2.0


def named_shape(instruction: str) -> str:
    """The one shape that an instruction names.

    Raises:
        ConfigError: it names none or several.
    """
    return named(instruction, (*names(unseen=False), *names(unseen=True)), "objects")
