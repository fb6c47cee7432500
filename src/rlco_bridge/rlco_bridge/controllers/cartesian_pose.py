# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Poses of the end effector: crisp_controllers' ``target_pose``, an ``equilibrium_pose``.

The controller must mean the robot's ``ee_frame``; it takes poses to be in the base frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import pinocchio as pin
from geometry_msgs.msg import PoseStamped

from rlco_bridge.streaming.player import Setpoint
from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig
from rlco_core.stamps import set_stamp


class Messages:
    """See ``SetpointMessages``."""

    type, lockstep, persists = PoseStamped, False, False

    def __init__(self, robot: RobotConfig, joints: Sequence[str], base_frame: str) -> None:
        self._kinematics = Kinematics(robot)
        self._message = PoseStamped()
        self._message.header.frame_id = base_frame

    def make(self, setpoint: Setpoint) -> PoseStamped:
        """The pose in the base frame, m."""
        set_stamp(self._message.header.stamp, setpoint.stamp_ns)
        x, y, z, *rotation = pin.SE3ToXYZQUAT(self._kinematics.forward(setpoint.joints)).tolist()
        place, turn = self._message.pose.position, self._message.pose.orientation
        place.x, place.y, place.z = x, y, z
        turn.x, turn.y, turn.z, turn.w = rotation
        return self._message
