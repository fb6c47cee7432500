# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The node franka_gripper: its actions, its stop, its fingers' states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from std_srvs.srv import Trigger

from rlco_sim.drivers.driver import Stand
from rlco_sim.drivers.goal_server import Ended, GoalServer
from rlco_sim.drivers.packages import kind
from rlco_sim.machine.hand import (
    STOPPED,
    Ending,
    Grasp,
    Hand,
    Homing,
    Move,
    Running,
    Task,
    gripper_action,
)

_NAME = "franka_gripper"


class FrankaGripperEnd:
    """``franka_gripper/{homing,move,grasp,gripper_action,stop}``.

    Every goal is taken, goals beside each other, too. Widths are of the whole opening, but for the
    position in a goal of gripper_action, which is half of it.
    """

    def __init__(self, stand: Stand, hand: Hand) -> None:
        self._stand, self._hand = stand, hand
        self._servers: list[GoalServer] = []
        self._add("homing", lambda goal: Homing())
        self._add("move", lambda goal: Move(goal.width, goal.speed))
        self._add("grasp", _grasp)
        self._add_gripper_action()
        stand.node.create_service(Trigger, f"{_NAME}/stop", self._on_stop)

    def settle(self) -> None:
        """Looks at goals."""
        for server in self._servers:
            server.settle()

    def _add(self, action: str, task: Callable[[Any], Task]) -> None:
        message = kind(
            self._stand, f"franka_msgs.action.{action.capitalize()}", f"{_NAME}/{action}"
        )
        if message is not None:
            self._serve(
                message,
                action,
                task,
                lambda ending: message.Result(success=ending.done, error=ending.error),
                lambda width: message.Feedback(current_width=width),
            )

    def _add_gripper_action(self) -> None:
        message = kind(self._stand, "control_msgs.action.GripperCommand", f"{_NAME}/gripper_action")
        if message is not None:
            self._serve(
                message,
                "gripper_action",
                lambda goal: gripper_action(goal.command.position, self._hand),
                lambda ending: message.Result(
                    position=2.0 * self._hand.position, reached_goal=ending.done
                ),
                lambda width: message.Feedback(position=width),
            )

    def _serve(
        self,
        message: Any,
        action: str,
        task: Callable[[Any], Task | Ending],
        result: Callable[[Ending], Any],
        feedback: Callable[[float], Any],
    ) -> None:
        def look(running: Running) -> Ended | None:
            ending = running.ending
            return None if ending is None else Ended(ending.done, result(ending))

        def tell(running: Running) -> Any:
            return None if self._stand.session.between else feedback(2.0 * self._hand.position)

        server = GoalServer(
            self._stand.node,
            message,
            f"{_NAME}/{action}",
            begin=lambda goal: self._hand.take(task(goal)),
            look=look,
            cancel=lambda running: self._hand.stop(STOPPED),
            feedback=tell,
        )
        self._servers.append(server)

    def _on_stop(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._hand.stop(STOPPED)
        response.success = True
        return response


def _grasp(goal: Any) -> Grasp:
    return Grasp(goal.width, goal.speed, goal.epsilon.inner, goal.epsilon.outer)
