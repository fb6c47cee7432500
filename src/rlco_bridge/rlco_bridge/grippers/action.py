# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What grippers behind actions have in common: one goal at a time, each with a deadline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.task import Future

from rlco_bridge.grippers.debounce import Debounce

#: Makes a goal's message from its opening and the one before, and names the action that takes it.
Goal = Callable[[float, float], tuple[str, Any]]


class ActionGripper:
    """A gripper that is sent goals.

    Args:
        node: whose clients these are.
        actions: their types by their names; the first is the gripper's name.
        goal: of an opening.
        patience: s within which it is where it was sent, or has said that it cannot be.
    """

    def __init__(self, node: Node, actions: Mapping[str, Any], goal: Goal, patience: float) -> None:
        self._node, self._goal, self._patience = node, goal, patience
        self._clients = {name: ActionClient(node, kind, name) for name, kind in actions.items()}
        self._debounce = Debounce(patience)
        self._before = 1.0
        self._number = 0
        self.name: str = node.resolve_topic_name(next(iter(actions)))

    def begin(self) -> None:
        """See ``Gripper``."""
        self._debounce.forget()

    def command(self, stamp_ns: int, opening: float) -> None:
        """See ``Gripper``."""
        due = self._debounce.due(opening)
        if due is None:
            return
        action, goal = self._goal(due, self._before)
        self._before = due
        self._number += 1
        number = self._number
        sent = self._clients[action].send_goal_async(goal)
        sent.add_done_callback(lambda sent: self._on_sent(sent, number))

    def other_owner(self) -> str:
        """See ``Gripper``; a server does not tell who its clients are."""
        return ""

    def problem(self) -> str:
        """See ``Gripper``."""
        missing = [name for name, c in self._clients.items() if not c.server_is_ready()]
        return f"no server of action {missing[0]}" if missing else ""

    def overdue(self) -> str:
        """See ``Gripper``."""
        if not self._debounce.waited:
            return ""
        return f"{self.name} did not answer a goal within {self._patience:g} s"

    def _on_sent(self, sent: Future, number: int) -> None:
        handle = sent.result()
        if handle is None or not handle.accepted:
            self._on_done(number)
            self._node.get_logger().warning(f"{self.name} rejected a goal")
            return
        handle.get_result_async().add_done_callback(lambda _: self._on_done(number))

    def _on_done(self, number: int) -> None:
        """Answers to goals that were forgotten count no more."""
        if number == self._number:
            self._debounce.answered()
