# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The policy node: a lifecycle node that answers observations with action chunks.

    in:  <camera>/image_raw or <camera>/image_raw/compressed, <camera>/camera_info, joint_states,
         commanded_joint_states, instruction
    out: action_chunk, policy_state, /diagnostics

Configuring verifies the bundle, or connects to a server in its place, holds the contract against
the robot and the cameras that exist and an engine against what the policy once answered, and warms
it up. Only an active node listens and answers, and only while what comes is sound; `policy_state`
says so. Between episodes the parameter `bundle` may be set anew.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState as JointStateMessage

from rlco_core.errors import RlcoError, in_short
from rlco_core.stamps import stamp_to_ns
from rlco_core.types import ActionChunk
from rlco_interfaces.msg import ActionChunk as ActionChunkMessage
from rlco_interfaces.msg import Instruction as InstructionMessage
from rlco_policy.convert import diagnosis, instruction_from_message, joints_from_message
from rlco_policy.health import Fault
from rlco_policy.loaded import Loaded, load
from rlco_policy.measurements import Image
from rlco_policy.parameters import PARAMETERS
from rlco_policy.reporter import Ages, Reporter
from rlco_policy.responder import Responder
from rlco_ros.chunks import chunk_to_message
from rlco_ros.qos import COMMAND, LATCHED
from rlco_ros.run import run, settle

FAILURE = TransitionCallbackReturn.FAILURE
JOINT_STATES_DEPTH = 32
HEARTBEAT_S = 0.05
SHOWN = 60
_INACTIVE = "the node is not active; it should be configured and activated"


class PolicyNode(LifecycleNode):
    """Holds the messages' ends; what is decided is in `Responder`, `Gate` and `Health`."""

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("policy_node", **node_arguments)
        self.declare_parameters("", PARAMETERS)
        self.add_on_set_parameters_callback(self._on_parameters)
        self._answers = self.create_guard_condition(self._collect)
        self._loaded: Loaded | None = None
        self._problem = ""
        self._inputs: list[Any] = []
        self._chunks = self.create_lifecycle_publisher(ActionChunkMessage, "action_chunk", COMMAND)
        self._reporter = Reporter(self)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(HEARTBEAT_S, self._beat, clock=steady)
        self.create_timer(1.0, lambda: self._reporter.diagnose(self._status()), clock=steady)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Loads the bundle and refuses one that is unsound or does not fit."""
        try:
            self._problem = ""
            self._loaded = self._load(self._get("bundle"))
        except RlcoError as error:
            self._problem = str(error)
            self.get_logger().error(self._problem)
            return FAILURE
        except Exception as error:
            self._problem = _unforeseen(error)
            # rclpy drops exceptions of transitions without a word.
            self.get_logger().fatal(traceback.format_exc())
            raise
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Starts to listen."""
        self._subscribe()
        result = super().on_activate(state)
        self._answer(self._now())
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stops to listen."""
        self._unsubscribe(self._current)
        self._tell(self._reporter.tell)
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forgets the bundle."""
        self._leave(state)
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Falls silent for good, also from where it is active."""
        self._leave(state)
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Falls silent; it may be configured anew."""
        self._leave(state)
        return super().on_error(state)

    def _leave(self, state: LifecycleState) -> None:
        """Hears, answers and has nothing any more, whatever it was doing."""
        loaded, self._loaded = self._loaded, None
        if loaded is not None:
            self._unsubscribe(loaded)
            loaded.source.close()
        # rclpy leaves publishers as they are but where a node is deactivated.
        self._chunks.on_deactivate(state)
        self._tell(self._reporter.tell)

    @property
    def _current(self) -> Loaded:
        assert self._loaded is not None, "only a configured node listens"
        return self._loaded

    def _get(self, name: str) -> Any:
        return self.get_parameter(name).value

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        """Of all parameters only `bundle` can be set."""
        paths = [parameter.value for parameter in parameters if parameter.name == "bundle"]
        reason = self._exchange(paths[-1]) if paths and self._loaded is not None else ""
        return SetParametersResult(successful=not reason, reason=reason)

    def _exchange(self, path: str) -> str:
        """Lets go of a bundle when another is ready; else says why, in one line, and keeps it."""
        if self._inputs and not self._current.responder.idle:
            return "an episode is running; a bundle should be exchanged between episodes"
        try:
            loaded, before = self._load(path), self._current
        except Exception as error:  # whatever a bundle brings about, the one that acts lives on
            reason = str(error) if isinstance(error, RlcoError) else _unforeseen(error)
            self.get_logger().error(f"the bundle stays {self._current.source.name}: {reason}")
            return reason
        listening = bool(self._inputs)
        self._unsubscribe(before)
        before.source.close()
        self._loaded, self._problem = loaded, ""
        if listening:
            self._subscribe()
        if loaded.source.contract.sha256() != before.source.contract.sha256():
            self.get_logger().warning(
                "the new bundle has another contract: the bridge refuses its chunks until it is "
                "started again with this bundle, too"
            )
        del before
        settle()
        return ""

    def _load(self, path: str) -> Loaded:
        return load(self, path, self._answers.trigger, self._qos(1), self._on_image)

    def _qos(self, depth: int) -> QoSProfile:
        """Of measurements: in lock-step nothing may be lost."""
        kinds = ReliabilityPolicy
        reliability = kinds.RELIABLE if self._get("lockstep") else kinds.BEST_EFFORT
        return QoSProfile(depth=depth, reliability=reliability)

    def _subscribe(self) -> None:
        several, topics = self._qos(JOINT_STATES_DEPTH), self._current.topics
        self._current.cameras.open()
        self._listen(JointStateMessage, topics.joints, self._on_joints, several)
        self._listen(JointStateMessage, topics.commanded, self._on_commanded, several)
        self._listen(InstructionMessage, "instruction", self._on_instruction, LATCHED)

    def _unsubscribe(self, loaded: Loaded) -> None:
        for subscription in self._inputs:
            self.destroy_subscription(subscription)
        self._inputs.clear()
        loaded.cameras.close()

    def _listen(self, kind: Any, topic: str, callback: Any, qos: QoSProfile) -> None:
        self._inputs.append(self.create_subscription(kind, topic, callback, qos))

    def _on_image(self, camera: str, message: Any, image: Callable[[], Image]) -> None:
        topic = self._current.topics.cameras[camera]
        self._take(topic, message, lambda r: r.on_image(camera, image()))

    def _on_joints(self, message: JointStateMessage) -> None:
        topic, names = self._current.topics.joints, self._current.joint_names
        self._take(topic, message, lambda r: r.on_joints(joints_from_message(message, names)))

    def _on_commanded(self, message: JointStateMessage) -> None:
        topic, names = self._current.topics.commanded, self._current.joint_names
        self._take(topic, message, lambda r: r.on_commanded(joints_from_message(message, names)))

    def _on_instruction(self, message: InstructionMessage) -> None:
        instruction, now_ns = instruction_from_message(message), self._now()
        self._current.responder.on_instruction(instruction, now_ns)
        self._answer(now_ns)
        self._warn_of_truncation(instruction.text)

    def _warn_of_truncation(self, text: str) -> None:
        try:
            lost = bool(text.strip()) and self._current.source.policy.truncates(text)
        except RlcoError as error:
            self._report(error)
            return
        if lost:
            beginning = " ".join(text[:SHOWN].split())
            self.get_logger().warning(
                f"instruction '{beginning}...' is too long: the policy reads its beginning only; "
                "it should have about 14 words at most"
            )

    def _take(self, topic: str, message: Any, put: Callable[[Responder], None]) -> None:
        """Takes a measurement, or notes what is wrong with it, and answers what it completes."""
        responder, foul = self._current.responder, ""
        try:
            put(responder)
        except RlcoError as error:
            foul = str(error)
        stamp_ns, now_ns = stamp_to_ns(message.header.stamp), self._now()
        responder.health.on_message(topic, stamp_ns, now_ns, foul)
        self._answer(now_ns)

    def _answer(self, now_ns: int) -> None:
        """Answers what is complete and sound, and tells when that has changed."""
        try:
            chunk = self._current.responder.respond(now_ns)
        except RlcoError as error:
            self._report(error)
            return
        finally:
            self._tell(self._reporter.tell)
        if chunk is not None:
            self._publish(chunk)

    def _collect(self) -> None:
        """Publishes what a server answered, or reports why it did not."""
        for answer in self._loaded.source.answers() if self._loaded is not None else ():
            try:
                self._publish(self._current.responder.deliver(answer.result()))
            except RlcoError as error:
                self._current.responder.give_up()
                self._report(error)

    def _publish(self, chunk: ActionChunk) -> None:
        self._problem = ""
        self._chunks.publish(chunk_to_message(chunk, self._current.frame))

    def _report(self, error: RlcoError) -> None:
        self._problem = str(error)
        self.get_logger().error(self._problem, throttle_duration_sec=2.0)

    def _now(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def _beat(self) -> None:
        """Looks anew, as silence sends no message, and says what holds."""
        if self._inputs:
            self._answer(self._now())
        self._tell(self._reporter.beat)

    def _tell(self, say: Callable[[Fault, Ages], None]) -> None:
        """Hands out what is wrong, and what tells the ages of image and joints."""
        if self._loaded is not None and self._inputs:
            say(self._loaded.responder.fault, self._loaded.responder.health.ages)
        else:
            say(Fault("inactive", self._problem or _INACTIVE), lambda now_ns: (math.nan, math.nan))

    def _status(self) -> DiagnosticStatus:
        if self._loaded is None:
            return diagnosis("", self._problem, "not configured", {})
        responder = self._loaded.responder
        problem = self._problem or responder.fault.detail
        message = responder.waiting_for or "answering"
        return diagnosis(self._loaded.source.name, problem, message, self._loaded.figures())


def _unforeseen(error: Exception) -> str:
    return f"unforeseen {type(error).__name__}: {in_short(error)}"


def main(args: list[str] | None = None) -> int:
    """Runs the node until it is told to stop; 1 when it could not start."""
    return run(PolicyNode, args)
