# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What forward_position_controller and forward_velocity_controller do: pass on the last command.

Nothing is limited, interpolated or timed out. What comes while the controller is inactive is
forgotten when it becomes active.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rlco_sim.machine.controller import (
    Controller,
    ControllerFault,
    Cycle,
    Kind,
    Setpoint,
    Vector,
    unheard,
)

_TYPES = {
    Kind.POSITION: "position_controllers/JointGroupPositionController",
    Kind.VELOCITY: "velocity_controllers/JointGroupVelocityController",
}


class Forward(Controller):
    """Writes commands of one kind to all joints.

    Args:
        kind: of its commands.
        joints: names, in the order of a command's values.
        log: as for ``Controller``.
    """

    moves_arm = True

    def __init__(
        self, kind: Kind, joints: Sequence[str], log: Callable[[str], None] = unheard
    ) -> None:
        claims = [f"{joint}/{kind.value}" for joint in joints]
        super().__init__(f"forward_{kind.value}_controller", _TYPES[kind], claims, log)
        self._of, self._count = kind, len(joints)
        self._command: Vector | None = None

    def activate(self, joints: Vector) -> None:
        """Starts without a command: what came before is forgotten."""
        super().activate(joints)
        self._command = None

    def take(self, values: Sequence[float]) -> None:
        """A command; one with values that are not finite is dropped, as is an empty one. Its size
        is looked at in the next cycle.
        """
        command = np.array(values, dtype=np.float64)
        if not np.isfinite(command).all():
            self.log(f"{self.name} drops a command that is not finite: {command.tolist()}")
        elif len(command):
            self._command = command

    def update(self, cycle: Cycle) -> Setpoint | None:
        """The last command, for ever."""
        if self._command is None:
            return None
        if len(self._command) != self._count:
            raise ControllerFault(
                f"{self.name} has a command of {len(self._command)} values; "
                f"it should have {self._count}"
            )
        return Setpoint(self._of, self._command)
