# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Runs episodes on a bridge from outside, and notes every command that reaches the arm."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import numpy as np
import rclpy
from action_msgs.msg import GoalStatusArray
from numpy.typing import NDArray
from rclpy.action import ActionClient
from rclpy.action.client import ClientGoalHandle
from rclpy.node import Node
from rclpy.qos import qos_profile_action_status_default
from rclpy.task import Future
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory
from unique_identifier_msgs.msg import UUID

from rlco_bridge import convert
from rlco_bridge.sent import Recorder, Sent
from rlco_core.errors import RlcoError
from rlco_core.robot import RobotConfig
from rlco_interfaces.action import RunEpisode
from rlco_ros.qos import RECORD
from rlco_ros.run import shut_down

_POLL = 0.05
#: s after which what was not answered is looked for, or asked again.
_ANSWER = 5.0
_ALIVE_PERIOD = 1.0


class SystemNotReady(RlcoError):
    """A node of the running system is missing, or an episode got no answer."""


@dataclass(frozen=True)
class EpisodeReport:
    """What one episode over ROS came to.

    Attributes:
        instruction: the sentence that was in force.
        success, steps, stop_reason, detail: as the bridge says.
        latency_ms: observation to command, one per decision.
        commands: (steps, n) rad, where the arm's controller was told to be after every period.
        fingers: (steps,) m or rad, likewise of the gripper's controller.
    """

    instruction: str
    success: bool
    steps: int
    stop_reason: str
    detail: str
    latency_ms: tuple[float, ...]
    commands: NDArray[np.float64]
    fingers: NDArray[np.float64]


class EpisodeClient:
    """A client of one bridge, in its own node; call ``close`` at the end.

    Args:
        robot: tells the command topics.
        namespace: where the system runs.
        alive: raises when a process of the system has died; asked while waiting.
    """

    def __init__(
        self, robot: RobotConfig, namespace: str = "", alive: Callable[[], None] = lambda: None
    ) -> None:
        self._robot, self._alive = robot, alive
        rclpy.init()
        self.node: Node = rclpy.create_node("rlco_client", namespace=namespace)
        self._client = ActionClient(self.node, RunEpisode, "run_episode")
        self._goals: set[bytes] = set()
        self._running: ClientGoalHandle | None = None
        self.node.create_subscription(
            GoalStatusArray,
            "run_episode/_action/status",
            self._on_status,
            qos_profile_action_status_default,
        )
        self._arm, self._gripper = Recorder(), Recorder()
        self._record(robot.controller_topic, self._arm)
        self._record(robot.gripper.controller_topic, self._gripper)

    def close(self) -> None:
        """Leaves the ROS graph at once, not when Python collects what was left behind."""
        self._client.destroy()
        self.node.destroy_node()
        shut_down()

    def wait_for_system(self, timeout: float, listeners: int = 1) -> None:
        """Waits up to ``timeout`` s until bridge, simulator and an active policy are there.

        Args:
            listeners: how many nodes are to listen for instructions, such as that policy.

        Raises:
            SystemNotReady: names what is missing.
        """
        wanted = {
            "the bridge (action run_episode)": self._client.server_is_ready,
            "the policy (subscriber of instruction)": lambda: self._listeners() >= listeners,
            "the simulator (publisher of joint_states)": lambda: self._published("joint_states"),
        }
        self._wait_for(wanted, timeout)

    def wait_for_bridge(self, timeout: float) -> None:
        """Waits up to ``timeout`` s for the bridge alone.

        Raises:
            SystemNotReady: it is not there.
        """
        self._wait_for({"the bridge (action run_episode)": self._client.server_is_ready}, timeout)

    def arm(self, timeout: float) -> None:
        """Arms the bridge, as soon as that is let, within ``timeout`` s. It is asked again where an
        answer is lost, as that of a bridge that has not met this client yet.

        Raises:
            SystemNotReady: says what the bridge had against it.
        """
        client = self.node.create_client(Trigger, "bridge_node/arm")
        deadline, why = time.monotonic() + timeout, "it does not answer"
        while time.monotonic() < deadline:
            self._alive()
            answered_by = min(time.monotonic() + _ANSWER, deadline)
            if client.wait_for_service(_POLL) and self._done(
                answer := client.call_async(Trigger.Request()), answered_by
            ):
                if answer.result().success:
                    self.node.destroy_client(client)
                    return
                why = answer.result().message
            rclpy.spin_once(self.node, timeout_sec=_POLL)
        raise SystemNotReady(f"the bridge could not be armed within {timeout:g} s: {why}")

    def trajectories_seen(self) -> list[Sent]:
        """What the arm was sent since the last episode began, also after its end."""
        return self._arm.in_order()

    def _record(self, topic: str, recorder: Recorder) -> None:
        def note(message: JointTrajectory) -> None:
            recorder.note(convert.sent_from_message(message))

        self.node.create_subscription(JointTrajectory, topic, note, RECORD)

    def _wait_for(self, wanted: dict[str, Callable[[], bool]], timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while missing := [name for name, ready in wanted.items() if not ready()]:
            self._alive()
            if time.monotonic() > deadline:
                raise SystemNotReady(f"after {timeout:g} s still missing: {', '.join(missing)}")
            rclpy.spin_once(self.node, timeout_sec=_POLL)

    def run(
        self,
        task: str,
        seed: int,
        instruction: str = "",
        max_steps: int = 0,
        timeout: float = 120.0,
        during: Callable[[int], None] = lambda step: None,
    ) -> EpisodeReport:
        """Runs one episode to its end.

        Args:
            during: called with the step of every feedback message.
        Raises:
            SystemNotReady: the goal was rejected, or no result came within ``timeout`` s.
            KeyboardInterrupt: it came meanwhile, and the episode was called off.
        """
        self._arm.sent.clear()
        self._gripper.sent.clear()
        goal = RunEpisode.Goal(task=task, seed=seed, instruction=instruction, max_steps=max_steps)
        deadline = time.monotonic() + timeout
        handle = self._send(goal, during, deadline)
        if not handle.accepted:
            raise SystemNotReady("the bridge rejected the goal; is another episode running?")
        self._running = handle
        try:
            answer = self._wait(handle.get_result_async(), deadline, "the episode did not end")
        except KeyboardInterrupt:
            if rclpy.ok():  # else a signal has ended all talk
                self._done(handle.cancel_goal_async(), time.monotonic() + _ANSWER)
            raise
        self._running = None
        return self._report(answer.result)

    def cancel(self) -> None:
        """Ends the running episode, if any; to be called while ``run`` waits for it."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel_goal_async()

    def _send(
        self, goal: RunEpisode.Goal, during: Callable[[int], None], deadline: float
    ) -> ClientGoalHandle:
        """Sends a goal. An answer is lost where the bridge has not met this client yet; then its
        list of goals tells that it has it, or the goal is sent again.
        """
        while True:
            name = UUID(uuid=list(uuid4().bytes))
            sent = self._client.send_goal_async(
                goal, lambda message: during(message.feedback.step), name
            )
            if self._done(sent, min(time.monotonic() + _ANSWER, deadline)):
                return sent.result()
            if bytes(name.uuid) in self._goals:
                accepted = RunEpisode.Impl.SendGoalService.Response(accepted=True)
                return ClientGoalHandle(self._client, name, accepted)
            if time.monotonic() > deadline:
                raise SystemNotReady("the bridge did not answer the goal in time; see its log")

    def _on_status(self, message: GoalStatusArray) -> None:
        self._goals = {bytes(status.goal_info.goal_id.uuid) for status in message.status_list}

    def _wait(self, future: Future, deadline: float, problem: str) -> Any:
        if not self._done(future, deadline):
            raise SystemNotReady(f"{problem} in time; see the bridge's log")
        return future.result()

    def _done(self, future: Future, deadline: float) -> bool:
        """Waits; whether it is done by the deadline."""
        while not future.done() and (left := deadline - time.monotonic()) > 0.0:
            self._alive()
            rclpy.spin_until_future_complete(
                self.node, future, timeout_sec=min(left, _ALIVE_PERIOD)
            )
        return bool(future.done())

    def _report(self, result: RunEpisode.Result) -> EpisodeReport:
        """The last commands may still be under way when the result is here."""
        deadline = time.monotonic() + 1.0
        while self._missing_commands(result.steps) and time.monotonic() < deadline:
            rclpy.spin_once(self.node, timeout_sec=_POLL)
        return EpisodeReport(
            instruction=result.instruction,
            success=result.success,
            steps=result.steps,
            stop_reason=result.stop_reason,
            detail=result.detail,
            latency_ms=tuple(result.latency_ms),
            commands=self._arm.commands()[: result.steps],
            fingers=self._gripper.commands()[: result.steps, 0],
        )

    def _missing_commands(self, steps: int) -> bool:
        """Of those that are told on topics; a gripper behind an action is not."""
        told = {self._robot.controller_topic: self._arm}
        told[self._robot.gripper.controller_topic] = self._gripper
        return any(len(one.sent) < steps for topic, one in told.items() if self._published(topic))

    def _listeners(self) -> int:
        return int(self.node.count_subscribers(self.node.resolve_topic_name("instruction")))

    def _published(self, topic: str) -> bool:
        return self.node.count_publishers(self.node.resolve_topic_name(topic)) > 0
