# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What grippers behind actions have in common: one goal at a time, each with a deadline; what
failed is tried again, a few times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rclpy.action import ActionClient
from rclpy.action.client import ClientGoalHandle
from rclpy.node import Node
from rclpy.task import Future

from rlco_bridge.grippers.debounce import Debounce


@dataclass(frozen=True)
class Goal:
    """A goal's message, and the action that takes it."""

    action: str
    message: Any


@dataclass(frozen=True)
class Failed:
    """The gripper did not do what it was told, and why, for people."""

    why: str


class Way(Protocol):
    """How a kind of gripper is brought to an opening, and what its answers mean."""

    def goal(self, opening: float) -> Goal | None:
        """What to send; None where the fingers do what is wanted already."""

    def look(self, stamp_ns: int, opening: float) -> bool:
        """The fingers were measured; whether the goal that runs is to be given up, as they stand
        before it and it would not end.
        """

    def yields(self) -> bool:
        """Whether the goal that runs is to be given up as soon as another opening is wanted."""

    def ended(self, result: Any) -> Goal | Failed | None:
        """A goal's result came. What is to be sent next to bring the opening about, or what went
        wrong; None where all is done that can be. Fingers with a thing between them do well.
        """


class ActionGripper:
    """A gripper that is sent goals.

    Args:
        node: whose clients these are.
        actions: their types by their names; the first is the gripper's name.
        way: of its kind.
        patience: s within which it is where it was sent, or has said that it cannot be.
    """

    def __init__(self, node: Node, actions: Mapping[str, Any], way: Way, patience: float) -> None:
        self._node, self._way, self._patience = node, way, patience
        self._clients = {name: ActionClient(node, kind, name) for name, kind in actions.items()}
        self._debounce = Debounce(patience)
        self._running: ClientGoalHandle | None = None
        self._yielded = False
        self._number = 0
        self.name: str = node.resolve_topic_name(next(iter(actions)))

    def begin(self) -> None:
        """See ``Gripper``."""
        self._debounce.forget()

    def command(self, stamp_ns: int, opening: float) -> None:
        """See ``Gripper``."""
        if self._debounce.outdated(opening) and self._way.yields():
            self._yielded |= self._cancel()
        due = self._debounce.due(opening)
        if due is None:
            return
        goal = self._way.goal(due)
        if goal is None:
            self._debounce.answered()
        else:
            self._send(goal)

    def measure(self, stamp_ns: int, opening: float) -> None:
        """See ``Gripper``."""
        if self._way.look(stamp_ns, opening):
            self._cancel()

    def other_owner(self) -> str:
        """See ``Gripper``; a server does not tell who its clients are."""
        return ""

    def problem(self) -> str:
        """See ``Gripper``."""
        missing = [name for name, c in self._clients.items() if not c.server_is_ready()]
        return f"no server of action {missing[0]}" if missing else ""

    def overdue(self) -> str:
        """See ``Gripper``."""
        if self._debounce.waited:
            return f"{self.name} did not answer a goal within {self._patience:g} s"
        return self._debounce.failure

    def _send(self, goal: Goal) -> None:
        self._number += 1
        number, self._running, self._yielded = self._number, None, False
        sent = self._clients[goal.action].send_goal_async(goal.message)
        sent.add_done_callback(lambda sent: self._on_sent(sent, number, goal.action))

    def _on_sent(self, sent: Future, number: int, action: str) -> None:
        """Word of goals that another one followed counts no more."""
        handle = sent.result()
        if number != self._number:
            return
        if handle is None or not handle.accepted:
            self._fail(f"{action} rejected a goal")
            return
        self._running = handle
        handle.get_result_async().add_done_callback(
            lambda done: self._on_done(done.result().result, number, action)
        )

    def _on_done(self, result: Any, number: int, action: str) -> None:
        if number != self._number:
            return
        self._running = None
        after = None if self._yielded else self._way.ended(result)
        if not self._debounce.busy:  # of an episode that is over
            return
        if isinstance(after, Goal):
            self._send(after)
        elif isinstance(after, Failed):
            self._fail(f"{action} failed: {after.why}")
        else:
            self._debounce.answered()

    def _cancel(self) -> bool:
        """Whether there was a goal to give up, and nobody had."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel_goal_async()
        return running is not None

    def _fail(self, what: str) -> None:
        self._node.get_logger().warning(what)
        self._debounce.failed(what)
