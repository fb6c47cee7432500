# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The run_episode action: one goal at a time, from the scene's reset to the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from rclpy.task import Future

from rlco_bridge import convert
from rlco_bridge.episode import ORDERLY, Episode, Outcome
from rlco_bridge.watchdog import Watchdog
from rlco_interfaces.action import RunEpisode
from rlco_interfaces.srv import ResetScene

#: s after which a scene that did not come is asked for again.
_AGAIN = 2.0
#: s after a scene was laid out until its robot is heard of again.
_HEARD_AGAIN = 0.3
#: s for which a result can be asked for. All goals of that time are listed at every change of one,
#: to everybody, and looked through by everybody.
_KEPT = 60

Begin = Callable[[RunEpisode.Goal, ResetScene.Response], None]


class EpisodeServer:
    """Takes goals for a node that plays episodes.

    Args:
        node: whose action server this is.
        resetting: how long the scene may take; None where people lay it out.
        accepts: whether goals are taken now.
        refusal: why a goal cannot be run, as one line; empty if it can.
        begin: called when the scene of a goal is laid out.
        cancel: called when the client cancels.
    """

    def __init__(
        self,
        node: Node,
        resetting: Watchdog | None,
        *,
        accepts: Callable[[], bool],
        refusal: Callable[[RunEpisode.Goal], str],
        begin: Begin,
        cancel: Callable[[], None],
    ) -> None:
        self._node, self._resetting = node, resetting
        self._accepts, self._refusal, self._begin, self._cancel = accepts, refusal, begin, cancel
        self._handle: ServerGoalHandle | None = None
        self._instruction = ""
        self._request: ResetScene.Request | None = None
        self._scene: Any = None
        self._asking, self._since_reset = Watchdog(_AGAIN), Watchdog(_HEARD_AGAIN)
        self._client = node.create_client(ResetScene, "reset_scene")
        self._server = ActionServer(
            node,
            RunEpisode,
            "run_episode",
            # Goals are executed when their episode is over, with the result at hand: waiting
            # in a coroutine would keep the executor spinning.
            execute_callback=lambda handle: RunEpisode.Result(),
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=self._on_cancel,
            result_timeout=_KEPT,
        )

    @property
    def busy(self) -> bool:
        """Whether a goal is being run."""
        return self._handle is not None

    @property
    def settled(self) -> bool:
        """Whether no scene is laid out, nor was just now: a simulator says nothing meanwhile."""
        return self._request is None and self._since_reset.expired

    def feedback(self, phase: str, step: int = 0) -> None:
        """Tells the client how far the episode is."""
        if self._handle is not None:
            self._handle.publish_feedback(RunEpisode.Feedback(step=step, phase=phase))

    def conclude(self, outcome: Outcome, episode: Episode | None) -> None:
        """Gives the client the result; the next goal may come."""
        if self._handle is None:
            return
        handle, self._handle, self._request, self._scene = self._handle, None, None, None
        if outcome.stop_reason not in ORDERLY:
            self._node.get_logger().error(str(outcome))
        result = convert.result_message(outcome, episode, self._instruction)
        handle.execute(lambda handle: _concluded(handle, result))

    def watch(self) -> None:
        """Asks for a goal's scene as soon as that can be heard, and ends a goal whose scene does
        not come; to be called now and then.
        """
        self._ask()
        if self._request is not None:
            self._since_reset.feed()
        resetting = self._resetting
        if self._request is not None and resetting is not None and resetting.expired:
            self.conclude(
                Outcome(
                    RunEpisode.Result.STOP_RESET_FAILED,
                    f"no answer on {self._client.srv_name} within "
                    f"{resetting.timeout:g} s; is the simulator running?",
                ),
                None,
            )

    def _on_goal(self, goal: RunEpisode.Goal) -> GoalResponse:
        if self._accepts() and not self.busy:
            return GoalResponse.ACCEPT
        why = "an episode is running" if self.busy else "the bridge is not active"
        self._node.get_logger().error(f"goal rejected: {why}")
        return GoalResponse.REJECT

    def _on_accepted(self, handle: ServerGoalHandle) -> None:
        self._handle, goal = handle, handle.request
        self._instruction = goal.instruction
        problem = self._refusal(goal)
        if problem:
            self.conclude(Outcome(RunEpisode.Result.STOP_REFUSED, problem), None)
            return
        if self._resetting is None:
            self._take_scene(handle, self._as_it_is(goal))
            return
        self.feedback(RunEpisode.Feedback.PHASE_RESET)
        self._resetting.feed()
        self._request = ResetScene.Request(
            task=goal.task, seed=goal.seed, instruction=goal.instruction
        )
        self._ask()

    def _as_it_is(self, goal: RunEpisode.Goal) -> ResetScene.Response:
        """The scene that people have laid out: the goal tells the rest."""
        told = bool(goal.instruction and goal.max_steps)
        scene = ResetScene.Response(success=told, instruction=goal.instruction)
        if not told:
            scene.message = "nobody lays out scenes here; the goal needs instruction and max_steps"
        scene.stamp = self._node.get_clock().now().to_msg()
        scene.max_steps = goal.max_steps
        return scene

    def _ask(self) -> None:
        """Asks for the scene once the service is there, as a request before that would be lost;
        and again after some silence, as an answer is lost to a client that was not met yet.
        """
        if self._request is None or not self._client.service_is_ready():
            return
        if self._scene is None or self._asking.expired:
            self._asking.feed()
            self._scene = self._client.call_async(self._request)
            self._scene.add_done_callback(self._on_scene)

    def _on_scene(self, future: Future) -> None:
        if future is not self._scene or self._handle is None:
            return  # the answer to a goal that has ended, or one that was asked for again
        self._scene = self._request = None
        self._take_scene(self._handle, future.result())

    def _take_scene(self, handle: ServerGoalHandle, scene: ResetScene.Response) -> None:
        if not scene.success:
            self.conclude(Outcome(RunEpisode.Result.STOP_RESET_FAILED, scene.message), None)
            return
        self._instruction = scene.instruction
        self._begin(handle.request, scene)

    def _on_cancel(self, handle: ServerGoalHandle) -> CancelResponse:
        self._cancel()
        return CancelResponse.ACCEPT


def _concluded(handle: ServerGoalHandle, result: RunEpisode.Result) -> RunEpisode.Result:
    """Closes a goal: to the action, every episode with an orderly end is a success."""
    if handle.is_cancel_requested:
        handle.canceled()
    elif result.stop_reason in ORDERLY:
        handle.succeed()
    else:
        handle.abort()
    return result
