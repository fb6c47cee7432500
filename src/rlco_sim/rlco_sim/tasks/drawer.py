# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What the tasks with a drawer share: where the cabinet stands, and what sentences say.

Scene (base frame, m and rad): the cabinet of ``rlco_sim.cabinet`` stands to the left of the
robot, its middle at (0.47 +- 0.03, 0.14 +- 0.02). Its drawer opens to the robot's right, along
-y, turned by up to 0.25 either way. The arm starts within 0.02 rad of home, per joint.

Split unseen_states: the middle is 0.03 to 0.05 off x = 0.47, either way, and at y = 0.09 to 0.12
(on the other side distractors may stand); the turn is 0.25 to 0.4 either way.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.errors import ConfigError, choices
from rlco_sim.cabinet import Cabinet
from rlco_sim.scene import Scene, Split
from rlco_sim.tasks.shared import either_way
from rlco_sim.world import World

SUBJECT = "drawer"
OPENING_WORDS = ("open", "opens", "opening")
CLOSING_WORDS = ("close", "closes", "closing", "shut", "shuts", "shutting")

_MIDDLE = (0.47, 0.14)
_YAW = -math.pi / 2.0
Range = tuple[float, float]


class DrawerTask:
    """The part of a task that does not depend on which way the drawer has to go.

    Attributes:
        travels: m, between which the drawer starts.
        unseen_travels: the same for the split unseen_states.
        wordings, unseen_wordings: sentences of the training and of the split of that name.
        opposites: words that ask for the other task.
        done_at: m, the travel at which the task is done.
    """

    name: ClassVar[str]
    milestones: ClassVar[tuple[str, ...]]
    splits: ClassVar[tuple[Split, ...]] = ("train", "unseen_states", "unseen_wordings")
    travels: ClassVar[Range]
    unseen_travels: ClassVar[Range]
    wordings: ClassVar[tuple[str, ...]]
    unseen_wordings: ClassVar[tuple[str, ...]]
    opposites: ClassVar[tuple[str, ...]]
    done_at: ClassVar[float]

    def __init__(self, world: World, split: Split) -> None:
        self._split = split
        self.cabinet = Cabinet(world)

    @classmethod
    def subjects(cls, split: Split) -> tuple[str, ...]:
        """There is one drawer."""
        return (SUBJECT,)

    @classmethod
    def subject(cls, instruction: str) -> str:
        """The drawer, if the instruction speaks of it and does not ask for the opposite."""
        words = set(re.findall(r"[a-z]+", instruction.lower()))
        if SUBJECT not in words:
            raise ConfigError(f"instruction '{instruction}' does not speak of a {SUBJECT}")
        wrong = words.intersection(cls.opposites)
        if wrong:
            raise ConfigError(
                f"instruction '{instruction}' says {choices(wrong)}; "
                f"task '{cls.name}' is the opposite"
            )
        return SUBJECT

    @classmethod
    def swapped(cls, instruction: str) -> str:
        """There is nothing to swap the drawer for."""
        raise ConfigError(f"task '{cls.name}' has but one subject, the {SUBJECT}")

    def reset(self, rng: np.random.Generator, instruction: str) -> Scene:
        """Draws place, turn, travel and sentence, always in the same order."""
        far = self._split == "unseen_states"
        x = either_way(rng, *((0.03, 0.05) if far else (0.0, 0.03)))
        y = -rng.uniform(0.02, 0.05) if far else either_way(rng, 0.0, 0.02)
        turn = either_way(rng, *((0.25, 0.4) if far else (0.0, 0.25)))
        travel = rng.uniform(*(self.unseen_travels if far else self.travels))
        self.cabinet.set_travel(float(travel))
        self.cabinet.place((_MIDDLE[0] + x, _MIDDLE[1] + float(y)), _YAW + turn)
        unseen = self._split == "unseen_wordings"
        drawn = str(rng.choice(self.unseen_wordings if unseen else self.wordings))
        text = instruction or drawn
        self._start = float(travel)
        self._begin()
        return Scene(instruction=text, subject=self.subject(text))

    def references(self) -> Mapping[str, pin.SE3]:
        """The handle where it is now until it is touched, then where it is when closed: how far
        to go is a matter of the cabinet, not of where the drawer started.
        """
        return {self.milestones[0]: self.cabinet.handle, "success": self.cabinet.handle_at(0.0)}

    def points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The handle, and where it is when the task is done."""
        done = self.cabinet.handle_at(self.done_at)
        return self.cabinet.handle.translation, done.translation

    def _begin(self) -> None:
        """Forgets the episode before."""
        raise NotImplementedError
