# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""An arm that is told where to go every 50 ms, and the courses that come of it."""

from __future__ import annotations

import numpy as np

from rlco_bridge.course import Course
from rlco_bridge.mover import Mover
from rlco_bridge.streaming.seam import Seams
from rlco_core.kinematics import Kinematics
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig

DT, DT_NS, START = 0.05, 50_000_000, 7_000_000_000
PANDA = RobotConfig.load("panda")
HOME = Kinematics(PANDA).home
SPEED = Kinematics(PANDA).velocity
ACTION = np.array([0.008, 0.004, 0.0, 0.0, 0.0, 0.0, 1.0], np.float32)


def seams(share: float = 1.0) -> Seams:
    """Of a Panda that has a share of its speed."""
    return Seams(share * SPEED, PANDA.limits)


class Walk:
    """Motion at ``rate`` set-points per second, from home."""

    def __init__(self, rate: float = 100.0) -> None:
        self.mover, self._path = Mover(PANDA, DT, rate), ActionPath(PANDA, DT)
        self.mover.begin(HOME, START)

    def follow(self, now_ns: int) -> Course:
        """The course of one more command."""
        return self.mover.follow(self._path.step(ACTION).joints, now_ns)[1]

    def halt(self, now_ns: int) -> Course:
        """To rest."""
        return self.mover.halt(now_ns)
