# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A UR arm on a stage: where it is, how it is stepped, its dashboard."""

from __future__ import annotations

from typing import Any

import numpy as np
from robot_at_hand import Stage, positions, trajectory
from std_srvs.srv import Trigger

from rlco_core.robot import RobotConfig
from rlco_sim.session import DT_NS

UR5E = RobotConfig.load("ur5e")
HOME = np.array(UR5E.home)
SCALED, POSITION = "scaled_joint_trajectory_controller", "forward_position_controller"


def arm(stage: Stage) -> np.ndarray:
    return positions(stage.hand.joints[-1])[:6]


def stepped(stage: Stage, goal: np.ndarray, count: int = 1) -> None:
    """Answers instants with trajectories that end with them, at ``goal``."""
    for _ in range(count):
        before = stage.now
        message = trajectory(before, UR5E.joint_names, goal)
        message.points[0].time_from_start.nanosec = DT_NS
        stage.hand.arm.publish(message)
        stage.wait(lambda: stage.now > before)  # noqa: B023


def pressed(stage: Stage, button: str) -> Any:
    return stage.call(Trigger, f"dashboard_client/{button}")
