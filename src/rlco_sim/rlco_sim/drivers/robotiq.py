# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A Robotiq gripper beside a UR arm: a controller that takes goals, or digital outputs."""

from __future__ import annotations

from typing import Any

from sensor_msgs.msg import JointState

from rlco_sim.drivers.driver import Stand
from rlco_sim.drivers.goal_server import Ended, GoalServer
from rlco_sim.drivers.packages import kind
from rlco_sim.machine.hand import Ending, GripperController, Hand, Reach, Running
from rlco_sim.machine.knuckle import Knuckle

#: How the gripper is commanded -> the type of its controller.
CONTROLLERS = {
    "parallel_gripper_command": "parallel_gripper_action_controller/GripperActionController",
    "gripper_command": "position_controllers/GripperActionController",
}
_NAME = "robotiq_gripper_controller"
_ACTIONS = {
    "parallel_gripper_command": "control_msgs.action.ParallelGripperCommand",
    "gripper_command": "control_msgs.action.GripperCommand",
}
#: rad in which the knuckle counts as there, and s after which fingers that stand have stalled.
_TOLERANCE, _PATIENCE = 0.01, 1.0


class RobotiqEnd:
    """``robotiq_gripper_controller/gripper_cmd``.

    Args:
        stand: of the driver.
        hand: the fingers.
        command: a key of ``CONTROLLERS``.

    Attributes:
        controller: for the manager.
        joint: name of the knuckle's joint.
    """

    def __init__(self, stand: Stand, hand: Hand, command: str) -> None:
        self._stand, self._hand = stand, hand
        self._knuckle = Knuckle(stand.robot.gripper)
        self._parallel = command == "parallel_gripper_command"
        self.joint = f"{stand.prefix}robotiq_85_left_knuckle_joint"
        claims = [f"{self.joint}/position"]
        self.controller = GripperController(_NAME, CONTROLLERS[command], claims, hand)
        action = f"{_NAME}/gripper_cmd"
        self._kind = kind(stand, _ACTIONS[command], action)
        self._server: GoalServer | None = None
        if self._kind is not None:
            self._server = GoalServer(
                stand.node,
                self._kind,
                action,
                judge=self._judge,
                begin=self._begin,
                look=self._look,
                cancel=lambda running: hand.stop("canceled"),
                feedback=lambda running: None if stand.session.between else self._feedback(),
            )

    def settle(self) -> None:
        """Looks at goals."""
        if self._server is not None:
            self._server.settle()

    def _judge(self, goal: Any) -> bool:
        if self._parallel and len(goal.command.position) != 1:
            self._stand.complain(
                f"{_NAME} rejects a goal of {len(goal.command.position)} positions; it should be 1"
            )
            return False
        if not self.controller.active:
            self._stand.complain(f"{_NAME} rejects a goal: it is not active")
        return self.controller.active

    def _begin(self, goal: Any) -> Running:
        """A new goal takes the place of one that runs."""
        self._hand.abandon("another goal came")
        command = goal.command.position[0] if self._parallel else goal.command.position
        tolerance = abs(_TOLERANCE / self._knuckle.rate)
        return self._hand.take(Reach(self._knuckle.position(command), tolerance, _PATIENCE))

    def _look(self, running: Running) -> Ended | None:
        ending = running.ending
        return None if ending is None else Ended(ending.done, self._result(ending))

    def _result(self, ending: Ending) -> Any:
        result = self._kind.Result(stalled=ending.stalled, reached_goal=ending.done)
        return self._filled(result)

    def _feedback(self) -> Any:
        return self._filled(self._kind.Feedback())

    def _filled(self, message: Any) -> Any:
        angle = self._knuckle.angle(self._hand.position)
        if self._parallel:
            message.state = JointState(name=[self.joint], position=[angle], effort=[0.0])
        else:
            message.position = angle
        return message
