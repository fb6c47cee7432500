# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Who knows what the robot's own safety controller says: one driver, one file."""

from __future__ import annotations

from typing import Protocol

from rlco_bridge.episode import Outcome


class Supervisor(Protocol):
    """Reads a driver's state; it never unlocks anything.

    Attributes:
        speed: share of its speed at which the robot plays motion, in [0, 1].
    """

    speed: float

    def fault(self) -> Outcome | None:
        """Why the arm may not move, and what a person is to do about it; None if it may."""

    def bereft(self) -> Outcome | None:
        """What it means that no controller at all is active; None if nothing special."""


class NoSupervisor:
    """A robot that says nothing of itself."""

    speed = 1.0

    def fault(self) -> Outcome | None:
        """See ``Supervisor``."""
        return None

    def bereft(self) -> Outcome | None:
        """See ``Supervisor``."""
        return None
