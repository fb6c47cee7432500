# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The Franka Hand: opened with ``move``, closed with ``grasp``, both in full widths.

Its ``gripper_action`` takes half widths and aborts where it closes on an object; it is not used.
"""

from __future__ import annotations

from typing import Any

from rclpy.node import Node

from rlco_bridge.driver import GripperDriver
from rlco_bridge.grippers.action import ActionGripper
from rlco_ros.optional import interface

_SPEED = 0.1  # m/s


def franka_gripper(node: Node, driver: GripperDriver) -> ActionGripper:
    """The actions of franka_gripper's node, in the namespace ``driver.name``.

    Raises:
        ConfigError: franka_msgs is not installed.
    """
    move = interface("franka_msgs", "action", "Move", "franka_gripper")
    grasp = interface("franka_msgs", "action", "Grasp", "franka_gripper")
    moving, grasping = f"{driver.name}/move", f"{driver.name}/grasp"

    def goal(opening: float, before: float) -> tuple[str, Any]:
        width = driver.position(opening)
        if opening >= before:
            return moving, move.Goal(width=width, speed=_SPEED)
        message = grasp.Goal(width=width, speed=_SPEED, force=driver.force)
        # It has grasped whatever it meets on its way.
        message.epsilon.inner = message.epsilon.outer = driver.position(1.0)
        return grasping, message

    return ActionGripper(node, {moving: move, grasping: grasp}, goal, driver.patience)
