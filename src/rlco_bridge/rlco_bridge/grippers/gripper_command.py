# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Grippers behind control_msgs/GripperCommand and ParallelGripperCommand (Robotiq's, for one)."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node

from rlco_bridge.driver import GripperDriver
from rlco_bridge.grippers.action import ActionGripper
from rlco_ros.optional import interface


def gripper_command(node: Node, driver: GripperDriver) -> ActionGripper:
    """control_msgs/GripperCommand.

    Raises:
        ConfigError: control_msgs is not installed.
    """
    action = interface("control_msgs", "action", "GripperCommand", "gripper_command")

    def goal(opening: float, before: float) -> tuple[str, Any]:
        message = action.Goal()
        message.command.position = driver.position(opening)
        message.command.max_effort = driver.force
        return driver.name, message

    return ActionGripper(node, {driver.name: action}, goal, driver.patience)


def parallel_gripper_command(node: Node, driver: GripperDriver) -> ActionGripper:
    """control_msgs/ParallelGripperCommand.

    Raises:
        ConfigError: control_msgs is not installed.
    """
    action = interface(
        "control_msgs", "action", "ParallelGripperCommand", "parallel_gripper_command"
    )
    joint = driver.joint.name if driver.joint else ""

    def goal(opening: float, before: float) -> tuple[str, Any]:
        message = action.Goal()
        message.command.name = [joint]
        message.command.position = [driver.position(opening)]
        message.command.effort = [driver.force] if driver.force else []
        return driver.name, message

    return ActionGripper(node, {driver.name: action}, goal, driver.patience)
