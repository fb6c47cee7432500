# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The last word before the controller: every limit of a robot, asked in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics
from rlco_core.limits import ActionLimit, Setpoint, SetpointLimit
from rlco_core.limits.finite import FiniteLimit
from rlco_core.limits.joint_position import JointPositionLimit
from rlco_core.limits.joint_velocity import JointVelocityLimit
from rlco_core.limits.speed import SpeedLimit
from rlco_core.limits.workspace import WorkspaceLimit
from rlco_core.robot import RobotConfig
from rlco_core.types import ACCEPTED, Verdict


@dataclass(frozen=True)
class Safety:
    """The limits of one robot; the first that refuses decides."""

    action_limits: Sequence[ActionLimit]
    setpoint_limits: Sequence[SetpointLimit]

    def check_action(self, action: NDArray[np.float64], dt: float) -> Verdict:
        """Judges a raw action, (7,)."""
        for limit in self.action_limits:
            verdict = limit.check(action, dt)
            if not verdict.accepted:
                return verdict
        return ACCEPTED

    def check_setpoint(self, setpoint: Setpoint) -> Verdict:
        """Judges a joint command."""
        for limit in self.setpoint_limits:
            verdict = limit.check(setpoint)
            if not verdict.accepted:
                return verdict
        return ACCEPTED


def robot_safety(robot: RobotConfig, kinematics: Kinematics) -> Safety:
    """Every limit that ``robot`` declares."""
    limits = robot.limits
    names = robot.joint_names
    return Safety(
        action_limits=(FiniteLimit(), SpeedLimit(limits.linear_speed, limits.angular_speed)),
        setpoint_limits=(
            JointPositionLimit(names, kinematics.lower, kinematics.upper, limits.joint_margin),
            JointVelocityLimit(names, kinematics.velocity * limits.velocity_scale),
            WorkspaceLimit(limits.workspace.lower, limits.workspace.upper, limits.workspace_margin),
        ),
    )
