# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""joint_trajectory_controller by its action, which tells what became of a trajectory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.task import Future

from rlco_bridge import convert
from rlco_bridge.course import Course
from rlco_ros.optional import interface


class FollowJointTrajectory:
    """The controller of ``joints`` behind ``action``: a goal per course; it replaces the one
    before, which the controller then aborts.

    Raises:
        ConfigError: control_msgs is not installed.
    """

    def __init__(self, node: Node, action: str, joints: Sequence[str]) -> None:
        self._node, self._joints = node, list(joints)
        self._type: Any = interface(
            "control_msgs", "action", "FollowJointTrajectory", "follow_joint_trajectory"
        )
        self._client = ActionClient(node, self._type, action)
        self.name: str = node.resolve_topic_name(action)

    def follow(self, course: Course) -> None:
        """See ``ArmController``."""
        self._send(convert.course_message(course, self._joints))

    def step(self, stamp_ns: int, joints: NDArray[np.float64], seconds: float) -> None:
        """See ``ArmController``."""
        self._send(convert.trajectory_message(stamp_ns, self._joints, joints.tolist(), seconds))

    def other_owner(self) -> str:
        """See ``ArmController``; a server does not tell who its clients are."""
        return ""

    def problem(self) -> str:
        """See ``ArmController``."""
        return "" if self._client.server_is_ready() else f"no server of action {self.name}"

    def _send(self, trajectory: Any) -> None:
        goal = self._type.Goal(trajectory=trajectory)
        self._client.send_goal_async(goal).add_done_callback(self._on_sent)

    def _on_sent(self, sent: Future) -> None:
        handle = sent.result()
        if handle is None or not handle.accepted:
            self._node.get_logger().error(
                f"{self.name} rejected a trajectory", throttle_duration_sec=1.0
            )
