# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A gripper behind a joint_trajectory_controller: told where to be in every period."""

from __future__ import annotations

from collections.abc import Sequence

from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory

from rlco_bridge import convert
from rlco_bridge.controllers.ownership import other_publisher
from rlco_core.robot import GripperConfig
from rlco_ros.qos import COMMAND


class JointTrajectoryGripper:
    """The controller of finger ``joints``, told where to be ``dt`` s from then."""

    def __init__(
        self, node: Node, topic: str, joints: Sequence[str], config: GripperConfig, dt: float
    ) -> None:
        self._node, self._joints, self._config, self._dt = node, list(joints), config, dt
        self._publisher = node.create_publisher(JointTrajectory, topic, COMMAND)
        self.name: str = self._publisher.topic_name

    def begin(self) -> None:
        """See ``Gripper``; every period is told anyway."""

    def command(self, stamp_ns: int, opening: float) -> None:
        """See ``Gripper``."""
        fingers = [self._config.joint_position(opening)] * len(self._joints)
        message = convert.trajectory_message(stamp_ns, self._joints, fingers, self._dt)
        self._publisher.publish(message)

    def measure(self, stamp_ns: int, opening: float) -> None:
        """See ``Gripper``; its controller sees for itself."""

    def other_owner(self) -> str:
        """See ``Gripper``."""
        return other_publisher(self._node, self.name)

    def problem(self) -> str:
        """See ``Gripper``."""
        return ""

    def overdue(self) -> str:
        """See ``Gripper``; a topic answers nothing."""
        return ""
