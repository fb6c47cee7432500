# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The controller that a driver names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rclpy.node import Node

from rlco_bridge.controllers import ArmController
from rlco_bridge.controllers.follow_joint_trajectory import FollowJointTrajectory
from rlco_bridge.controllers.joint_trajectory import JointTrajectoryTopic
from rlco_bridge.driver import ArmDriver
from rlco_core.robot import RobotConfig

Make = Callable[[Node, str, Sequence[str]], ArmController]

_KINDS: Mapping[str, Make] = {
    "joint_trajectory": JointTrajectoryTopic,
    "follow_joint_trajectory": FollowJointTrajectory,
}


def make_arm_controller(
    node: Node, driver: ArmDriver, robot: RobotConfig, joints: Sequence[str]
) -> ArmController:
    """The controller of ``joints`` (names with their prefix) that ``driver`` names."""
    return _KINDS[driver.kind](node, driver.name or robot.controller_topic, joints)
