# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Grippers behind control_msgs/GripperCommand and ParallelGripperCommand (Robotiq's, for one)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node

from rlco_bridge.driver import GripperDriver
from rlco_bridge.grippers.action import ActionGripper, Failed, Goal
from rlco_ros.optional import interface


def gripper_command(node: Node, driver: GripperDriver) -> ActionGripper:
    """control_msgs/GripperCommand.

    Raises:
        ConfigError: control_msgs is not installed.
    """
    action = interface("control_msgs", "action", "GripperCommand", "gripper_command")

    def message(opening: float) -> Any:
        goal = action.Goal()
        goal.command.position = driver.position(opening)
        goal.command.max_effort = driver.force
        return goal

    return _gripper(node, driver, action, message)


def parallel_gripper_command(node: Node, driver: GripperDriver) -> ActionGripper:
    """control_msgs/ParallelGripperCommand.

    Raises:
        ConfigError: control_msgs is not installed.
    """
    action = interface(
        "control_msgs", "action", "ParallelGripperCommand", "parallel_gripper_command"
    )
    joint = driver.joint.name if driver.joint else ""

    def message(opening: float) -> Any:
        goal = action.Goal()
        goal.command.name = [joint]
        goal.command.position = [driver.position(opening)]
        goal.command.effort = [driver.force] if driver.force else []
        return goal

    return _gripper(node, driver, action, message)


class CommandWay:
    """See ``Way``. Whatever became of a goal, such a controller goes on pressing towards it.

    Args:
        name: of the action.
        message: makes a goal's message of an opening.
    """

    def __init__(self, name: str, message: Callable[[float], Any]) -> None:
        self._name, self._message = name, message

    def goal(self, opening: float) -> Goal:
        """Every opening is a goal."""
        return Goal(self._name, self._message(opening))

    def look(self, stamp_ns: int, opening: float) -> bool:
        """The controller looks itself."""
        return False

    def yields(self) -> bool:
        """What runs comes to its end first."""
        return False

    def ended(self, result: Any) -> Failed | None:
        """Stalled fingers have something between them, whether or not that counts as a success."""
        if result.reached_goal or result.stalled:
            return None
        return Failed("neither reached nor stalled; is the controller active, and nobody else's?")


def _gripper(
    node: Node, driver: GripperDriver, action: Any, message: Callable[[float], Any]
) -> ActionGripper:
    way = CommandWay(driver.name, message)
    return ActionGripper(node, {driver.name: action}, way, driver.patience)
