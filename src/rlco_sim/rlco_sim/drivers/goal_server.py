# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Action goals whose end is seen by looking, every time that simulated time has passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node


@dataclass(frozen=True)
class Ended:
    """How a goal ended: as a success or not, and the action's result."""

    success: bool
    result: Any


class GoalServer:
    """The server of one action, for any number of goals at once.

    Args:
        node: whose action this is.
        kind, name: of the action.
        judge: whether a goal is taken.
        begin: starts a goal; gives what it is known by.
        look: how it ended, None while it runs.
        cancel: gives it up; None where goals cannot be cancelled.
        feedback: what is told while it runs; None for nothing.
    """

    def __init__(
        self,
        node: Node,
        kind: Any,
        name: str,
        *,
        begin: Callable[[Any], Any],
        look: Callable[[Any], Ended | None],
        judge: Callable[[Any], bool] = lambda goal: True,
        cancel: Callable[[Any], None] | None = None,
        feedback: Callable[[Any], Any] = lambda token: None,
    ) -> None:
        self._begin, self._look, self._judge = begin, look, judge
        self._cancel, self._feedback, self._kind = cancel, feedback, kind
        self._running: list[tuple[ServerGoalHandle, Any]] = []
        self._server = ActionServer(
            node,
            kind,
            name,
            # A goal is executed when it is over, with the result at hand: waiting in a coroutine
            # would keep the executor spinning.
            execute_callback=lambda handle: kind.Result(),
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=self._on_cancel,
        )

    def settle(self) -> None:
        """Tells clients what has become of their goals."""
        running, self._running = self._running, []
        for handle, token in running:
            ended = self._look(token)
            if ended is None:
                self._running.append((handle, token))
                feedback = self._feedback(token)
                if feedback is not None:
                    handle.publish_feedback(feedback)
            else:
                _conclude(handle, ended)

    def _on_goal(self, goal: Any) -> GoalResponse:
        return GoalResponse.ACCEPT if self._judge(goal) else GoalResponse.REJECT

    def _on_accepted(self, handle: ServerGoalHandle) -> None:
        token = self._begin(handle.request)  # may let time pass, and this server settle
        self._running.append((handle, token))
        self.settle()

    def _on_cancel(self, handle: ServerGoalHandle) -> CancelResponse:
        token = next((t for h, t in self._running if h.goal_id == handle.goal_id), None)
        if self._cancel is None or token is None:
            return CancelResponse.REJECT
        self._cancel(token)
        self._running = [row for row in self._running if row[1] is not token]
        _conclude(handle, Ended(False, self._kind.Result()))
        return CancelResponse.ACCEPT


def _conclude(handle: ServerGoalHandle, ended: Ended) -> None:
    def finish(handle: ServerGoalHandle) -> Any:
        if handle.is_cancel_requested:
            handle.canceled()
        elif ended.success:
            handle.succeed()
        else:
            handle.abort()
        return ended.result

    handle.execute(finish)
