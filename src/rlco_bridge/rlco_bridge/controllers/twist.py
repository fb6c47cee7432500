# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""MoveIt Servo's ``delta_twist_cmds``: how the end effector moves.

Servo needs ``command_in_type: speed_units``, the command type TWIST, and the robot's ``ee_frame``
as the frame that it moves. It drops what is stamped too long ago, and halts then.
"""

from __future__ import annotations

from collections.abc import Sequence

from geometry_msgs.msg import TwistStamped

from rlco_bridge.streaming.player import Setpoint
from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig
from rlco_core.stamps import set_stamp


class Messages:
    """See ``SetpointMessages``."""

    type, lockstep, persists = TwistStamped, False, True

    def __init__(self, robot: RobotConfig, joints: Sequence[str], base_frame: str) -> None:
        self._kinematics = Kinematics(robot)
        self._message = TwistStamped()
        self._message.header.frame_id = base_frame

    def make(self, setpoint: Setpoint) -> TwistStamped:
        """m/s and rad/s along the axes of the base frame."""
        set_stamp(self._message.header.stamp, setpoint.stamp_ns)
        _, _, twist = self._kinematics.moving(setpoint.joints, setpoint.velocity)
        linear, angular = self._message.twist.linear, self._message.twist.angular
        linear.x, linear.y, linear.z, angular.x, angular.y, angular.z = twist.tolist()
        return self._message
