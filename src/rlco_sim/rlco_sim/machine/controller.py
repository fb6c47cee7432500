# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a controller of ros2_control is to the arm: something active or not, asked every cycle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


class Kind(Enum):
    """What a set-point means, by the name of the interface that it is written to."""

    POSITION = "position"
    VELOCITY = "velocity"


@dataclass(frozen=True)
class Setpoint:
    """What the drives are told for one cycle: (n,) rad or rad/s."""

    kind: Kind
    values: Vector


@dataclass(frozen=True)
class Cycle:
    """One cycle of the controllers.

    Attributes:
        now_ns: simulated time at its beginning.
        period_ns: its length.
        joints, velocity: (n,) measured at its beginning, rad and rad/s.
        scaling: at what share of its speed the robot runs, [0, 1].
    """

    now_ns: int
    period_ns: int
    joints: Vector
    velocity: Vector
    scaling: float = 1.0


class ControllerFault(Exception):
    """A controller failed in its cycle: the manager takes it out."""


def unheard(line: str) -> None:
    """Where nobody reads what a controller logs."""


class Controller:
    """A controller that claims nothing and commands nothing, as broadcasters are.

    Args:
        name: of the controller.
        kind: its type, as the manager lists it.
        claims: command interfaces that it claims while it is active.
        log: takes the lines that it would log as errors.
    """

    #: Whether it commands the arm while it is active.
    moves_arm = False

    def __init__(
        self,
        name: str,
        kind: str,
        claims: Sequence[str] = (),
        log: Callable[[str], None] = unheard,
    ) -> None:
        self.name, self.kind, self.claims, self.log = name, kind, tuple(claims), log
        self.active = False

    def activate(self, joints: Vector) -> None:
        """Becomes active with the arm at ``joints`` (n,) rad."""
        self.active = True

    def deactivate(self) -> None:
        """Lets go of what it claims."""
        self.active = False

    def update(self, cycle: Cycle) -> Setpoint | None:
        """What to write in this cycle; None for nothing.

        Raises:
            ControllerFault: it cannot go on.
        """
        return None
