# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Controllers asked cycle by cycle, with an arm that is where it was told to be, or is not."""

from __future__ import annotations

from typing import Any

import numpy as np

from rlco_sim.machine.controller import Controller, Cycle, Setpoint
from rlco_sim.trajectory import Point

NAMES = ["a", "b"]
MS = 1_000_000
NOW = 5_000 * MS
PERIOD = 2 * MS


class Arm:
    """Two joints at (0, 1) that follow a controller's positions exactly.

    Attributes:
        now: ns.
        stuck: it does not move.
        scaling: as a robot would tell it.
    """

    def __init__(self, controller: Controller) -> None:
        self.controller, self.now, self.stuck, self.scaling = controller, NOW, False, 1.0
        self.joints, self.velocity = np.array([0.0, 1.0]), np.zeros(2)
        self.told: Setpoint | None = None
        controller.activate(self.joints)

    def run(self, ms: int) -> None:
        for _ in range(ms * MS // PERIOD):
            cycle = Cycle(self.now, PERIOD, self.joints, self.velocity, self.scaling)
            self.told = self.controller.update(cycle)
            if self.told is not None and not self.stuck:
                self.velocity = (self.told.values - self.joints) / (PERIOD * 1e-9)
                self.joints = self.told.values
            self.now += PERIOD


def point(after_ms: float, *positions: float, **more: list[float]) -> Point:
    told: dict[str, Any] = {name: np.array(values) for name, values in more.items()}
    return Point(round(after_ms * MS), np.array(positions), **told)
