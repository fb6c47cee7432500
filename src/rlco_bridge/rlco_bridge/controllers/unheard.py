# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""No controller at all: in shadow mode nothing is commanded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlco_bridge.course import Course


class Unheard:
    """Takes motion for an arm and openings for a gripper, and tells nobody."""

    name = "nobody"

    def follow(self, course: Course) -> None:
        """See ``ArmController``."""

    def step(self, stamp_ns: int, joints: NDArray[np.float64], seconds: float) -> None:
        """See ``ArmController``."""

    def begin(self) -> None:
        """See ``Gripper``."""

    def command(self, stamp_ns: int, opening: float) -> None:
        """See ``Gripper``."""

    def measure(self, stamp_ns: int, opening: float) -> None:
        """See ``Gripper``."""

    def other_owner(self) -> str:
        """See ``ArmController``: nobody minds."""
        return ""

    def problem(self) -> str:
        """See ``ArmController``: there is nothing that could be wrong."""
        return ""

    def overdue(self) -> str:
        """See ``Gripper``."""
        return ""
