# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What crisp_controllers' joint impedance does: torques pull the joints to the last target.

Here they get there at once: how soft the pull is, is not played. Nothing is limited, interpolated
or timed out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rlco_sim.machine.controller import Controller, Cycle, Kind, Setpoint, Vector, unheard


class JointImpedance(Controller):
    """Holds what it was told by ``target_joint``.

    Args:
        joints: names in order.
        log: as for ``Controller``.
    """

    moves_arm = True

    def __init__(self, joints: Sequence[str], log: Callable[[str], None] = unheard) -> None:
        claims = [f"{joint}/effort" for joint in joints]
        kind = "crisp_controllers/CartesianController"
        super().__init__("joint_impedance_controller", kind, claims, log)
        self._target = np.zeros(len(joints))

    def activate(self, joints: Vector) -> None:
        """Holds where the arm is."""
        super().activate(joints)
        self._target = np.array(joints, dtype=np.float64)

    def take(self, positions: Sequence[float]) -> None:
        """A target, rad. Positions are taken by their place: fewer leave the rest as it was, and
        the real one writes more of them where it should not.
        """
        count = len(self._target)
        if len(positions) > count:
            self.log(f"{self.name} is told {len(positions)} positions; it should be {count}")
        self._target = np.concatenate([positions[:count], self._target[len(positions) :]])

    def update(self, cycle: Cycle) -> Setpoint | None:
        """The last target, for ever."""
        return Setpoint(Kind.POSITION, self._target)
