# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Open the drawer: grip or hook its handle and pull it out.

Scene: see ``rlco_sim.tasks.drawer``. The drawer starts 0 to 5 mm out of 140; in the split
unseen_states 6 to 12 mm. Gripper half open.

Success: the drawer is out by 0.10 m or more and moves at less than 0.02 m/s, for 6 control
periods (0.3 s) without a break. Milestones: the arm touches the drawer or its handle; the drawer
is out by 0.02 m. An episode ends after 160 control periods (8 s).

Splits: unseen_states, and unseen_wordings with sentences of other verbs.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_sim.experts.drawer import OpenDrawerExpert
from rlco_sim.tasks.drawer import CLOSING_WORDS, DrawerTask, Range

_MOVING, _SLOW = 0.02, 0.02


class OpenDrawer(DrawerTask):
    """See the module's text for the scene and the measure of success."""

    name: ClassVar[str] = "open_drawer"
    max_steps: ClassVar[int] = 160
    hold_steps: ClassVar[int] = 6
    gripper_opening: ClassVar[float] = 0.5
    milestones: ClassVar[tuple[str, ...]] = ("touched", "moving")
    travels: ClassVar[Range] = (0.0, 0.005)
    done_at: ClassVar[float] = 0.10
    unseen_travels: ClassVar[Range] = (0.006, 0.012)
    opposites: ClassVar[tuple[str, ...]] = CLOSING_WORDS
    wordings: ClassVar[tuple[str, ...]] = (
        "open the drawer",
        "pull the drawer open",
        "pull out the drawer",
        "please open the drawer",
        "slide the drawer out",
        "get the drawer open",
        "open the drawer of the cabinet",
        "grab the handle and pull the drawer out",
        "open up the drawer for me",
        "pull the drawer out by its handle",
    )
    unseen_wordings: ClassVar[tuple[str, ...]] = (
        "let me look inside the drawer",
        "could you draw the drawer all the way towards you",
        "tug at the grip until the drawer stands wide",
        "i need something from the drawer, bring it out",
    )

    def success(self) -> bool:
        """Whether the drawer is far enough out and at rest."""
        return self.cabinet.travel >= self.done_at and abs(self.cabinet.speed) < _SLOW

    def reached(self) -> tuple[bool, ...]:
        """Whether the arm touches the drawer; whether the drawer is on its way."""
        return self.cabinet.touched(), self.cabinet.travel >= _MOVING

    def expert(self, target: pin.SE3, opening: float) -> NDArray[np.float32]:
        """The scripted grip and pull."""
        return self._expert.act(target, self.cabinet.handle, self.cabinet.travel, opening)

    def _begin(self) -> None:
        self._expert = OpenDrawerExpert()
