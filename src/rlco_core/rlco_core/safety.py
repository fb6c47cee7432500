# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The last word before the controller: every limit of a robot, asked in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_core.collision import Clearances
from rlco_core.kinematics import Kinematics
from rlco_core.limits import (
    ActionLimit,
    MotionLimit,
    Setpoint,
    SetpointLimit,
    first_refusal,
)
from rlco_core.limits.collision import CollisionLimit
from rlco_core.limits.finite import FiniteLimit
from rlco_core.limits.joint_acceleration import JointAccelerationLimit
from rlco_core.limits.joint_jerk import JointJerkLimit
from rlco_core.limits.joint_position import JointPositionLimit
from rlco_core.limits.joint_velocity import JointVelocityLimit
from rlco_core.limits.keep_out import KeepOutLimit
from rlco_core.limits.singularity import SingularityLimit
from rlco_core.limits.speed import SpeedLimit
from rlco_core.limits.tool_speed import ToolSpeedLimit
from rlco_core.limits.velocity_envelope import VelocityEnvelopeLimit
from rlco_core.limits.workspace import WorkspaceLimit
from rlco_core.robot import RobotConfig
from rlco_core.types import ACCEPTED, Verdict

#: What an arm may do between two looks: m and rad, share of a speed, rad/s; and how much farther
#: inside it is held back.
_BETWEEN, _SLOWER, _SPEED_UP, _INNER = 1e-3, 0.97, 0.03, 3e-3


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
        return first_refusal(self.setpoint_limits, setpoint)


@dataclass(frozen=True)
class StreamSafety:
    """The limits of a stream of set-points.

    Attributes:
        motion: of every set-point.
        stop: of a stop that is looked at now and then; they are inset by what may lie between.
        inner: of what is on time; they are inset by more, so that an arm that was held back can
            get away from where it stands.
    """

    motion: Sequence[MotionLimit]
    stop: Sequence[MotionLimit]
    inner: Sequence[MotionLimit]


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


def stream_safety(robot: RobotConfig, kinematics: Kinematics) -> StreamSafety:
    """Every limit that ``robot`` declares for set-points."""
    limits, names = robot.limits, robot.joint_names
    scale = limits.dynamics_scale
    places = _Places(robot, kinematics)
    speeds = _speeds(robot, kinematics, _SPEED_UP)
    return StreamSafety(
        motion=(
            *places.within(0.0),
            *_speeds(robot, kinematics, 0.0),
            JointAccelerationLimit(names, scale * np.array(limits.acceleration)),
            JointJerkLimit(names, scale * np.array(limits.jerk)),
        ),
        stop=(*places.within(_BETWEEN), *speeds),
        inner=(*places.within(_INNER), *speeds),
    )


def _speeds(robot: RobotConfig, kinematics: Kinematics, room: float) -> tuple[MotionLimit, ...]:
    """How fast joints and tool may be; less ``room`` rad/s, where that depends on the posture."""
    limits, names = robot.limits, robot.joint_names
    found: list[MotionLimit] = [
        JointVelocityLimit(names, kinematics.velocity * limits.velocity_scale),
        ToolSpeedLimit(_SLOWER * limits.tool_speed, _SLOWER * limits.tool_rotation),
    ]
    if (envelope := limits.velocity_envelope) is not None:
        found.append(VelocityEnvelopeLimit(names, envelope, limits.velocity_scale, room))
    return tuple(found)


class _Places:
    """Makes the limits of where the arm may be."""

    def __init__(self, robot: RobotConfig, kinematics: Kinematics) -> None:
        self._robot, self._kinematics = robot, kinematics
        margin = robot.limits.collision_margin
        self._clearances = None if margin is None else Clearances(robot, margin)

    def within(self, inset: float) -> tuple[MotionLimit, ...]:
        """By ``inset`` m, rad and singular value. First comes what refuses values that are none."""
        robot, kinematics, limits = self._robot, self._kinematics, self._robot.limits
        margin, low, high = limits.joint_margin + inset, kinematics.lower, kinematics.upper
        box = limits.workspace
        boxes = {name: (out.lower, out.upper) for name, out in limits.keep_out.items()}
        found: list[MotionLimit] = [
            JointPositionLimit(robot.joint_names, low, high, margin),
            WorkspaceLimit(box.lower, box.upper, limits.workspace_margin - inset),
            KeepOutLimit(boxes, limits.keep_out_margin + inset),
        ]
        if limits.singularity is not None:
            found.append(SingularityLimit(kinematics, limits.singularity.stop + inset))
        if self._clearances is not None:
            found.append(CollisionLimit(self._clearances, inset))
        return tuple(found)
