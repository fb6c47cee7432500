# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The gripper that a driver names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rclpy.node import Node

from rlco_bridge.driver import GripperDriver
from rlco_bridge.grippers import Gripper
from rlco_bridge.grippers.digital_output import DigitalOutputGripper
from rlco_bridge.grippers.franka import franka_gripper
from rlco_bridge.grippers.gripper_command import gripper_command, parallel_gripper_command
from rlco_bridge.grippers.joint_trajectory import JointTrajectoryGripper
from rlco_core.robot import RobotConfig

_KINDS: Mapping[str, Callable[[Node, GripperDriver], Gripper]] = {
    "gripper_command": gripper_command,
    "parallel_gripper_command": parallel_gripper_command,
    "franka_gripper": franka_gripper,
    "digital_output": DigitalOutputGripper,
}


def make_gripper(
    node: Node, driver: GripperDriver, robot: RobotConfig, joints: Sequence[str], dt: float
) -> Gripper:
    """The gripper that ``driver`` names.

    Args:
        joints: names of the fingers, with their prefix.
        dt: control period, s.
    Raises:
        ConfigError: a message package is missing, or the driver does not say what it should.
    """
    if driver.kind == "joint_trajectory":
        topic = driver.name or robot.gripper.controller_topic
        return JointTrajectoryGripper(node, topic, joints, robot.gripper, dt)
    return _KINDS[driver.kind](node, driver)
