# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Close the drawer: push it in, by its handle or its front.

Scene: see ``rlco_sim.tasks.drawer``. The drawer starts 0.09 to 0.13 m out of 0.14; in the split
unseen_states 0.06 to 0.085 m. Gripper closed.

Success: the drawer is out by 0.01 m or less and moves at less than 0.02 m/s, for 6 control
periods (0.3 s) without a break. Milestones: the arm touches the drawer or its handle; the drawer
has half of its way behind it. An episode ends after 160 control periods (8 s).

Splits: unseen_states, and unseen_wordings with sentences of other verbs.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_sim.experts.drawer import CloseDrawerExpert
from rlco_sim.tasks.drawer import OPENING_WORDS, DrawerTask, Range

_SLOW = 0.02


class CloseDrawer(DrawerTask):
    """See the module's text for the scene and the measure of success."""

    name: ClassVar[str] = "close_drawer"
    max_steps: ClassVar[int] = 160
    hold_steps: ClassVar[int] = 6
    gripper_opening: ClassVar[float] = 0.0
    milestones: ClassVar[tuple[str, ...]] = ("touched", "halfway")
    travels: ClassVar[Range] = (0.09, 0.13)
    done_at: ClassVar[float] = 0.01
    unseen_travels: ClassVar[Range] = (0.06, 0.085)
    opposites: ClassVar[tuple[str, ...]] = OPENING_WORDS
    wordings: ClassVar[tuple[str, ...]] = (
        "close the drawer",
        "push the drawer closed",
        "shut the drawer",
        "push the drawer in",
        "please close the drawer",
        "slide the drawer back in",
        "get the drawer shut",
        "push the drawer back into the cabinet",
        "close the drawer of the cabinet",
        "push the front of the drawer until it is closed",
    )
    unseen_wordings: ClassVar[tuple[str, ...]] = (
        "the drawer should not stick out any more",
        "could you put the drawer back where it belongs",
        "make sure that the drawer is flush with the cabinet",
        "nobody needs to see what is in the drawer, return it",
    )

    def success(self) -> bool:
        """Whether the drawer is in and at rest."""
        return self.cabinet.travel <= self.done_at and abs(self.cabinet.speed) < _SLOW

    def reached(self) -> tuple[bool, ...]:
        """Whether the arm touches the drawer; whether half of the way is done."""
        return self.cabinet.touched(), self.cabinet.travel <= 0.5 * self._start

    def expert(self, target: pin.SE3, opening: float) -> NDArray[np.float32]:
        """The scripted push."""
        return self._expert.act(target, self.cabinet.handle, self.cabinet.travel)

    def _begin(self) -> None:
        self._expert = CloseDrawerExpert()
