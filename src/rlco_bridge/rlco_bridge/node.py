# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The bridge: the one owner of the arm while an episode runs.

    in:  the robot's state, task_state, action_chunk, policy_state
    out: commands to the arm's and the gripper's controllers, commanded_joint_states, instruction,
         executed_action, safety_state, /diagnostics
    action: run_episode (asks reset_scene for the scene, where there is somebody to lay it out)
    and what stops it and lets it go on, see ``Interlock``

Every command passes the one action path and its safety check. What is late, foul or missing
never reaches a controller: the arm brakes, holds, and ``safety_state`` says why.
"""

from __future__ import annotations

import sys
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from sensor_msgs.msg import JointState

from rlco_bridge.episode import Episode, Measured, Outcome
from rlco_bridge.equipment import Equipment, load_equipment
from rlco_bridge.instants import Instants
from rlco_bridge.interlock import Interlock
from rlco_bridge.parameters import EQUIPMENT, PARAMETERS
from rlco_bridge.parts import assemble
from rlco_bridge.realtime import BRIDGE, ask_for_priority
from rlco_bridge.server import EpisodeServer
from rlco_bridge.watchdog import Watchdog
from rlco_core.errors import RlcoError
from rlco_core.motion import Command
from rlco_core.stamps import stamp_to_ns
from rlco_core.types import Verdict
from rlco_interfaces.action import RunEpisode
from rlco_interfaces.msg import ActionChunk, SafetyState, TaskState
from rlco_interfaces.srv import ResetScene
from rlco_ros.chunks import chunk_from_message
from rlco_ros.leaving import LeavableNode
from rlco_ros.qos import COMMAND, STATE
from rlco_ros.run import run

_WATCH_PERIOD = 0.02


class BridgeNode(LeavableNode):
    """Holds the messages' ends; what is decided is in ``Episode``."""

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("bridge_node", **node_arguments)
        self.declare_parameters("", list(PARAMETERS))
        self._active, self._number = False, 0
        self._episode: Episode | None = None

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Reads what it is set up with and opens topics; says in one line what does not fit."""
        try:
            equipment = load_equipment(*map(self._get, EQUIPMENT))
            parts = assemble(self, equipment, self._get)
        except RlcoError as error:
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        self._equipment, self._reporter = equipment, parts.reporter
        self._frame = self._get("tf_prefix") + equipment.robot.base_frame
        self._commander, self._lookout = parts.commander, parts.lookout
        self._state, self._silence = parts.state, parts.silence
        self._open_topics(equipment)
        self._start_timers(equipment)
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """From now on goals are taken."""
        self._active = True
        self._interlock.begin()
        return super().on_activate(state)

    def leave(self, why: str) -> None:
        """See ``LeavableNode``."""
        if self._active:
            self._active = False
            self._end(Outcome("canceled", why))

    def _get(self, name: str) -> Any:
        return self.get_parameter(name).value

    def _open_topics(self, equipment: Equipment) -> None:
        for topic in equipment.state_topics:
            self.create_subscription(JointState, topic, self._on_joints, STATE)
        self.create_subscription(TaskState, "task_state", self._on_task_state, STATE)
        self.create_subscription(ActionChunk, "action_chunk", self._on_chunk, COMMAND)
        timeout = self._get("deadman_timeout")
        self._interlock = Interlock(
            self,
            auto_arm=self._get("auto_arm"),
            deadman=Watchdog(timeout) if timeout else None,
            fault=self._lookout.fault,
            stop=self._stop,
            tell=lambda outcome: self._reporter.stopped(self._number, outcome),
            ready=lambda: self._reporter.say(SafetyState.IDLE, self._number),
        )
        self._server = EpisodeServer(
            self,
            Watchdog(self._get("reset_timeout")) if self._get("scene") else None,
            accepts=lambda: self._active,
            refusal=self._refusal,
            begin=self._begin,
            cancel=lambda: self._end(Outcome("canceled", "canceled by the client"), settle=False),
        )

    def _refusal(self, goal: RunEpisode.Goal) -> str:
        return (
            self._equipment.problem_with(goal.task)
            or self._interlock.problem
            or self._commander.problem()
            or self._lookout.refusal()
        )

    def _start_timers(self, equipment: Equipment) -> None:
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_WATCH_PERIOD, self._watch, clock=steady)
        self.create_timer(1.0, self._diagnose, clock=steady)
        if not equipment.lockstep:
            self.create_timer(equipment.dt, self._tick)

    def _begin(self, goal: RunEpisode.Goal, scene: ResetScene.Response) -> None:
        """The scene is laid out: from its stamp on, the policy is asked and the arm moves."""
        self._number += 1
        start = stamp_to_ns(scene.stamp)
        self._commander.prepare()
        steps = goal.max_steps or scene.max_steps
        self._episode = self._equipment.episode(self._number, start, steps)
        self._at = Instants()
        self._state.begin()
        self._silence.begin()
        self._lookout.begin(start)
        self._commander.instruct(start, self._number, scene.instruction)
        self._reporter.say(SafetyState.RUNNING, self._number)
        self._server.feedback(RunEpisode.Feedback.PHASE_WAITING)

    def _on_joints(self, message: JointState) -> None:
        try:
            measured = self._state.take(message)
        except RlcoError as error:
            self._silence.misheard(str(error))
            self.get_logger().error(str(error), throttle_duration_sec=2.0)
            return
        if measured is not None:
            self._silence.heard()
            self._on_measured(measured)

    def _on_measured(self, measured: Measured) -> None:
        self._finish(self._commander.measure(measured))
        if self._episode is None:
            return
        if not (self._lookout.ready(measured.stamp_ns) and measured.whole):
            return
        self._at.measured_ns = measured.stamp_ns
        told = self._episode.observe(self._commander.paced(measured))
        if told is not None:
            if self._episode.steps == 0:
                self._require(self._commander.begin(measured))
            self._commander.tell(measured.stamp_ns, told)
        self._play_lockstep()

    def _on_task_state(self, message: TaskState) -> None:
        if self._episode is not None:
            self._at.judged_ns = now = stamp_to_ns(message.header.stamp)
            self._episode.judge(self._commander.pace.at(now), message.success)
            self._play_lockstep()

    def _on_chunk(self, message: ActionChunk) -> None:
        if self._episode is None:
            return
        now = self._at.measured_ns if self._equipment.lockstep else self._now()
        chunk = self._commander.paced(chunk_from_message(message))
        verdict = self._episode.take(chunk, self._commander.pace.at(now or 0))
        if verdict is not None and verdict.accepted:
            self._silence.answered(stamp_to_ns(message.header.stamp))
            self._equipment.tempo.heard(stamp_to_ns(message.header.stamp), now or 0)
            self._reporter.glance(self._number, self._commander.compare(self._episode))
        elif verdict is not None:
            self._reporter.refuse("chunk", self._number, verdict)
        self._play_lockstep()

    def _play_lockstep(self) -> None:
        """Answers an instant once it is both measured and judged; again if it is repeated."""
        now = self._at.complete_ns
        if self._equipment.lockstep and now is not None:
            if now == self._at.commanded_ns:
                self._send(now, self._sent)
            else:
                self._play(now)
        self._settle()

    def _tick(self) -> None:
        """One control period in real time; where motion is played slower, not every one counts."""
        now = self._now()
        tempo = self._equipment.tempo.step() if self._episode else 1.0
        self._commander.keep_pace(now, self._lookout.speed, tempo)
        self._finish(self._lookout.clock_jump(now))
        if self._episode is None:
            return
        if self._commander.pace.due(now) and not self._play(now) and self._episode.steps > 0:
            self._finish(self._silence.starved())
        self._commander.go_on(now)
        self._settle()

    def _play(self, now_ns: int) -> bool:
        assert self._episode is not None
        command = self._episode.command(self._commander.pace.at(now_ns))
        if command is None:
            return False
        self._silence.played()
        self._at.commanded_ns = now_ns
        self._send(now_ns, command)
        self._reporter.acted(now_ns, self._frame, self._episode)
        if self._episode.steps % self._equipment.contract.action.execute == 1:
            self._server.feedback(RunEpisode.Feedback.PHASE_RUNNING, self._episode.steps)
        return True

    def _send(self, now_ns: int, command: Command) -> None:
        self._sent = command
        self._require(self._commander.send(now_ns, command))
        self._reporter.hold_back(self._number, self._commander.held)

    def _require(self, verdict: Verdict) -> None:
        """Ends the episode where motion is refused."""
        if not verdict.accepted:
            self._finish(Outcome("limit", f"{verdict.limit}: {verdict.reason}"))

    def _now(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def _watch(self) -> None:
        """On the steady clock, so that it works where ROS time stands still."""
        self._server.watch()
        if self._server.settled:
            self._interlock.watch(self._episode is not None)
        jump = None if self._equipment.lockstep else self._lookout.clock_jump(self._now())
        if self._episode is None:
            self._commander.flush(self._now())
            return
        silent = self._silence.outcome(self._at.unmeasured)
        self._finish(jump or silent or self._lookout.trouble())
        self._settle()

    def _finish(self, outcome: Outcome | None) -> None:
        """Gives the episode an outcome, if there is one to give."""
        if outcome is not None and self._episode is not None:
            self._episode.end(outcome.stop_reason, outcome.detail)

    def _end(self, outcome: Outcome, settle: bool = True) -> None:
        """Ends what runs, if anything does."""
        if self._episode is None:
            self._server.conclude(outcome, None)
            return
        self._finish(outcome)
        if settle:
            self._settle()

    def _stop(self, outcome: Outcome) -> None:
        """A person or the robot stopped the arm, whether it moves or not."""
        if self._episode is None:
            self._reporter.stopped(self._number, outcome)
        self._commander.forget(self._now())
        self._end(outcome)

    def _settle(self) -> None:
        """Stops policy and arm, and closes the goal, once the episode has an outcome."""
        episode = self._episode
        if episode is None or episode.outcome is None:
            return
        self._episode, outcome = None, episode.outcome
        jumped = outcome.stop_reason == RunEpisode.Result.STOP_CLOCK_JUMP
        self._commander.halt(self._now(), at_once=jumped)
        if outcome.stop_reason == RunEpisode.Result.STOP_FORCE_EXCEEDED:
            self._commander.forget(self._now())  # braking, it pressed on a little
        self._commander.instruct(self._now(), self._number, "")
        self._reporter.shadow(self._number, self._commander.shadow.report())
        self._interlock.ended(outcome)
        self._reporter.say(self._interlock.mode_after(outcome), self._number, outcome)
        self._server.conclude(outcome, episode)

    def _diagnose(self) -> None:
        speed = f"{self._commander.pace.speed(self._now()):.2f}"
        about = {"episodes": self._number, "running": self._episode is not None, "speed": speed}
        self._reporter.diagnose(about)


def main(args: list[str] | None = None) -> int:
    """Runs the node until it is told to stop."""
    ask_for_priority(BRIDGE)  # motion that is made too late does not fit what is played already
    return run(BridgeNode, args)


if __name__ == "__main__":
    sys.exit(main())
