# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The Franka Hand: brought to a width with ``move``, closed with ``grasp``, both in full widths.

A grasp closes until something is in the way and presses, whatever its width: that alone says which
widths count as held. A move does not press, and with a thing between the fingers it hardly ever
ends. It is given up then, and the thing is grasped. What is held is not grasped again, as the hand
takes minutes to say no to that.

Its ``gripper_action`` takes half widths and aborts where it closes on an object; it is not used.
"""

from __future__ import annotations

from typing import Any

from rclpy.node import Node

from rlco_bridge.driver import GripperDriver
from rlco_bridge.grippers.action import ActionGripper, Failed, Goal
from rlco_bridge.grippers.standing import Standing
from rlco_ros.optional import interface

_SPEED = 0.1  # m/s
#: Openings up to this mean closed, and those beyond this open, whatever is held.
_GRASPS, _OPEN = 0.1, 0.95
#: By how much fingers that hold may seem to have opened, as they are measured late.
_SLACK = 0.1
#: In the error of a goal that somebody stopped.
_STOPPED = "aborted"


def franka_gripper(node: Node, driver: GripperDriver) -> ActionGripper:
    """The actions of franka_gripper's node, in the namespace ``driver.name``.

    Raises:
        ConfigError: franka_msgs is not installed.
    """
    move = interface("franka_msgs", "action", "Move", "franka_gripper")
    grasp = interface("franka_msgs", "action", "Grasp", "franka_gripper")
    way = FrankaWay(driver, move, grasp)
    return ActionGripper(node, {way.move: move, way.grasp: grasp}, way, driver.patience)


class FrankaWay:
    """See ``Way``.

    Args:
        driver: names the hand and knows its widths.
        move, grasp: the actions' types.

    Attributes:
        move, grasp: the actions' names.
    """

    def __init__(self, driver: GripperDriver, move: Any, grasp: Any) -> None:
        self._driver, self._move, self._grasp = driver, move, grasp
        self.move, self.grasp = f"{driver.name}/move", f"{driver.name}/grasp"
        self._opening = 1.0
        #: Where the fingers press since a grasp; None where they do not.
        self._held: float | None = None
        self._moving: Standing | None = None

    def goal(self, opening: float) -> Goal | None:
        """Closed is a grasp, everything else a move; fingers that hold are not loosened by a lesser
        opening.
        """
        if self._held is not None and opening <= max(min(self._held, _OPEN), _GRASPS):
            return None
        self._held = self._moving = None
        if opening <= _GRASPS:
            return self._closing()
        self._moving = Standing(opening)
        width = self._driver.position(opening)
        return Goal(self.move, self._move.Goal(width=width, speed=_SPEED))

    def look(self, stamp_ns: int, opening: float) -> bool:
        """A move is given up where something is in its way."""
        self._opening = opening
        if self._held is not None:  # they close on, or somebody has opened them
            self._held = min(self._held, opening) if opening < self._held + _SLACK else None
        if self._moving is None:
            return False
        self._moving.look(stamp_ns, opening)
        return self._moving.blocked

    def yields(self) -> bool:
        """Moves do: on their way from open to closed policies pass through what is in between."""
        return self._moving is not None

    def ended(self, result: Any) -> Goal | Failed | None:
        """A grasp outside of its widths is no failure, nor is a move that something blocked."""
        moving, self._moving = self._moving, None
        if moving is None:
            self._held = self._opening if result.success else None
            return Failed(result.error) if result.error else None
        if result.success:
            return None
        if moving.blocked or _was_blocked(moving, result.error):
            return self._closing() if moving.closing else None
        return Failed(result.error or "the fingers did not move")

    def _closing(self) -> Goal:
        """Whatever is met on the way is held."""
        driver = self._driver
        goal = self._grasp.Goal(width=driver.position(0.0), speed=_SPEED, force=driver.force)
        goal.epsilon.inner = goal.epsilon.outer = driver.position(1.0)
        return Goal(self.grasp, goal)


def _was_blocked(moving: Standing, error: str) -> bool:
    """Whether something was in the way of a move that failed with ``error`` by itself."""
    return moving.short and (not error or (moving.moved and _STOPPED not in error))
