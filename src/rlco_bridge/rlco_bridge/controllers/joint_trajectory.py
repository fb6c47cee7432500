# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""joint_trajectory_controller by its topic, also the scaled one of UR's driver.

A trajectory replaces the one before. It begins at or before now with where the arm is told to be:
then the controller goes on from there, whether it is set to begin at the measured or at the desired
state, and no seam is felt.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory

from rlco_bridge import convert
from rlco_bridge.controllers.ownership import other_publisher
from rlco_bridge.course import Course
from rlco_ros.qos import COMMAND


class JointTrajectoryTopic:
    """The controller of ``joints`` behind ``topic``."""

    def __init__(self, node: Node, topic: str, joints: Sequence[str]) -> None:
        self._node, self._joints = node, list(joints)
        self._publisher = node.create_publisher(JointTrajectory, topic, COMMAND)
        self.name: str = self._publisher.topic_name

    def follow(self, course: Course) -> None:
        """See ``ArmController``."""
        self._publisher.publish(convert.course_message(course, self._joints))

    def step(self, stamp_ns: int, joints: NDArray[np.float64], seconds: float) -> None:
        """See ``ArmController``."""
        self._publisher.publish(
            convert.trajectory_message(stamp_ns, self._joints, joints.tolist(), seconds)
        )

    def other_owner(self) -> str:
        """See ``ArmController``."""
        return other_publisher(self._node, self.name)

    def problem(self) -> str:
        """See ``ArmController``."""
        return ""
