# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Controllers of arms: one kind, one file, behind one interface."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rlco_bridge.course import Course


class ArmController(Protocol):
    """One way to tell an arm what to do.

    Attributes:
        name: resolved, of the topic or action that carries commands.
    """

    name: str

    def follow(self, course: Course) -> None:
        """Real time: motion until rest; it replaces what was told before, from now on."""

    def step(self, stamp_ns: int, joints: NDArray[np.float64], seconds: float) -> None:
        """Lock-step: be at ``joints`` (n,) rad, ``seconds`` after ``stamp_ns``."""

    def other_owner(self) -> str:
        """Who else commands it, as one line; empty if nobody does."""

    def problem(self) -> str:
        """Why it cannot be used now, as one line; empty if it can."""
