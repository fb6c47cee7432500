# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The policy node: a lifecycle node that answers observations with action chunks.

    in:  <camera>/image_raw, <camera>/camera_info, joint_states, commanded_joint_states, instruction
    out: action_chunk, policy_state, /diagnostics

Configuring verifies the bundle, holds its contract against the robot and the cameras that exist,
and warms the model up. Only an active node listens and answers, and only while what comes is sound;
`policy_state` says so.
"""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image as ImageMessage
from sensor_msgs.msg import JointState as JointStateMessage

from rlco_core.bundle import Bundle, load_bundle
from rlco_core.contract import CameraContract, Contract, compare
from rlco_core.errors import ConfigError, ContractMismatch, RlcoError
from rlco_core.robot import RobotConfig
from rlco_core.stamps import seconds_to_ns, stamp_to_ns
from rlco_interfaces.msg import ActionChunk as ActionChunkMessage
from rlco_interfaces.msg import Instruction as InstructionMessage
from rlco_policy.convert import (
    diagnosis,
    image_from_message,
    instruction_from_message,
    joints_from_message,
)
from rlco_policy.engine import OnnxPolicy
from rlco_policy.health import Fault, Limits
from rlco_policy.measurements import Topics
from rlco_policy.parameters import PARAMETERS
from rlco_policy.reporter import Reporter
from rlco_policy.responder import Responder, make_responder, measured_joints
from rlco_policy.timing import Slowed
from rlco_ros.chunks import chunk_to_message
from rlco_ros.first_message import first_message
from rlco_ros.qos import COMMAND, LATCHED, SENSOR
from rlco_ros.run import run

FAILURE = TransitionCallbackReturn.FAILURE
JOINT_STATES_DEPTH = 32
HEARTBEAT_S = 0.05
_INACTIVE = "the node is not active; it should be configured and activated"


class PolicyNode(LifecycleNode):
    """Holds the messages' ends; what is decided is in `Responder`, `Gate` and `Health`."""

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("policy_node", **node_arguments)
        self.declare_parameters("", PARAMETERS)
        self._bundle: Bundle | None = None
        self._policy: OnnxPolicy | None = None
        self._responder: Responder | None = None
        self._problem = ""
        self._inputs: list[Any] = []
        self._frame = ""
        self._joint_names: list[str] = []
        self._chunks = self.create_lifecycle_publisher(ActionChunkMessage, "action_chunk", COMMAND)
        self._reporter = Reporter(self)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(HEARTBEAT_S, self._beat, clock=steady)
        self.create_timer(1.0, lambda: self._reporter.diagnose(self._status()), clock=steady)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Loads the bundle and refuses one that is unsound or does not fit."""
        try:
            self._configure()
        except RlcoError as error:
            self._problem = str(error)
            self.get_logger().error(self._problem)
            return FAILURE
        except Exception:
            # rclpy drops exceptions of transitions without a word.
            self.get_logger().fatal(traceback.format_exc())
            raise
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Starts to listen."""
        self._subscribe()
        result = super().on_activate(state)
        self._answer()
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stops to listen."""
        for subscription in self._inputs:
            self.destroy_subscription(subscription)
        self._inputs.clear()
        self._tell(self._reporter.tell)
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forgets the bundle."""
        self._bundle = self._policy = self._responder = None
        return super().on_cleanup(state)

    def _get(self, name: str) -> Any:
        return self.get_parameter(name).value

    def _configure(self) -> None:
        self._problem = ""
        if not self._get("bundle"):
            raise ConfigError("parameter bundle is empty; it should be a policy bundle's directory")
        bundle = load_bundle(self._get("bundle"))
        robot = RobotConfig.load(self._get("robot"))
        policy = OnnxPolicy(bundle, tuple(self._get("providers")), self._get("threads"))
        policy.warm_up()
        self._require_scene(bundle.contract, robot)
        self._topics = self._resolve(bundle.contract, robot)
        answering = Slowed(policy, self._get("added_latency"))
        self._responder = make_responder(
            answering, robot, self._topics, self._limits(), self._get("execution")
        )
        self._bundle, self._policy = bundle, policy
        self._joint_names = list(measured_joints(robot, self._get("tf_prefix")))
        self._frame = self._get("tf_prefix") + robot.base_frame
        self.get_logger().info(
            f"bundle {bundle.manifest.name} ({bundle.sha256[:12]}) is ready on {policy.provider}"
        )

    def _resolve(self, contract: Contract, robot: RobotConfig) -> Topics:
        name = self.resolve_topic_name
        return Topics(
            cameras={camera.name: name(f"{camera.name}/image_raw") for camera in contract.cameras},
            joints=name(robot.joint_states_topic),
            commanded=name("commanded_joint_states"),
        )

    def _limits(self) -> Limits | None:
        if self._get("lockstep"):
            return None
        names = ("image_max_age", "joints_max_age", "skew", "frozen_after")
        return Limits(*(seconds_to_ns(self._get(name)) for name in names))

    def _require_scene(self, contract: Contract, robot: RobotConfig) -> None:
        """Raises `ContractMismatch` unless the contract fits robot, task and cameras."""
        task = self._get("task")
        scene: dict[str, Any] = {"robot": robot.name, "tasks": [task] if task else []}
        self._refuse(compare(contract, scene))
        deadline = time.monotonic() + self._get("scene_timeout")
        cameras = [self._camera(camera.name, deadline) for camera in contract.cameras]
        self._refuse(compare(contract, {"cameras": cameras}))

    def _refuse(self, differences: tuple[str, ...]) -> None:
        if differences:
            raise ContractMismatch(f"the bundle does not fit the scene: {'; '.join(differences)}")

    def _camera(self, name: str, deadline: float) -> dict[str, Any]:
        """Name and size of a camera, as its camera_info says."""
        topic = self.resolve_topic_name(f"{name}/camera_info")
        remaining = max(deadline - time.monotonic(), 0.0)
        info = first_message(self, CameraInfo, topic, SENSOR, remaining)
        if info is None:
            raise ContractMismatch(
                f"camera '{name}': no camera_info on {topic} within "
                f"{self._get('scene_timeout'):g} s; {self._camera_info_topics()}"
            )
        return {"name": name, "width": info.width, "height": info.height}

    def _camera_info_topics(self) -> str:
        topics = self.get_topic_names_and_types()
        published = [
            name
            for name, types in topics
            if "sensor_msgs/msg/CameraInfo" in types and self.count_publishers(name)
        ]
        return f"topics that do exist: {', '.join(published) or 'none'}"

    def _subscribe(self) -> None:
        assert self._bundle is not None
        reliable = self._get("lockstep")
        policy = ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT
        newest = QoSProfile(depth=1, reliability=policy)
        several = QoSProfile(depth=JOINT_STATES_DEPTH, reliability=policy)
        for camera in self._bundle.contract.cameras:
            topic, callback = self._topics.cameras[camera.name], partial(self._on_image, camera)
            self._listen(ImageMessage, topic, callback, newest)
        self._listen(JointStateMessage, self._topics.joints, self._on_joints, several)
        self._listen(JointStateMessage, self._topics.commanded, self._on_commanded, several)
        self._listen(InstructionMessage, "instruction", self._on_instruction, LATCHED)

    def _listen(self, kind: Any, topic: str, callback: Any, qos: QoSProfile) -> None:
        self._inputs.append(self.create_subscription(kind, topic, callback, qos))

    def _on_image(self, camera: CameraContract, message: ImageMessage) -> None:
        topic, name = self._topics.cameras[camera.name], camera.name
        self._take(topic, message, lambda r: r.on_image(name, image_from_message(message, camera)))

    def _on_joints(self, message: JointStateMessage) -> None:
        topic, names = self._topics.joints, self._joint_names
        self._take(topic, message, lambda r: r.on_joints(joints_from_message(message, names)))

    def _on_commanded(self, message: JointStateMessage) -> None:
        topic, names = self._topics.commanded, self._joint_names
        self._take(topic, message, lambda r: r.on_commanded(joints_from_message(message, names)))

    def _on_instruction(self, message: InstructionMessage) -> None:
        assert self._responder is not None
        instruction = instruction_from_message(message)
        self._responder.on_instruction(instruction, self._now())
        self._answer()
        self._warn_of_truncation(instruction.text)

    def _warn_of_truncation(self, text: str) -> None:
        assert self._policy is not None
        try:
            lost = bool(text.strip()) and self._policy.truncates(text)
        except RlcoError as error:
            self._report(error)
            return
        if lost:
            self.get_logger().warning(
                f"instruction '{text}' is too long: the policy reads its beginning only; "
                "it should have about 14 words at most"
            )

    def _take(self, topic: str, message: Any, put: Callable[[Responder], None]) -> None:
        """Takes a measurement, or notes what is wrong with it, and answers what it completes."""
        assert self._responder is not None
        foul = ""
        try:
            put(self._responder)
        except RlcoError as error:
            foul = str(error)
        stamp_ns = stamp_to_ns(message.header.stamp)
        self._responder.health.on_message(topic, stamp_ns, self._now(), foul)
        self._answer()

    def _answer(self) -> None:
        """Answers what is complete and sound, and tells when that has changed."""
        assert self._responder is not None
        try:
            chunk = self._responder.respond(self._now())
        except RlcoError as error:
            self._report(error)
            return
        finally:
            self._tell(self._reporter.tell)
        if chunk is not None:
            self._problem = ""
            self._chunks.publish(chunk_to_message(chunk, self._frame))

    def _report(self, error: RlcoError) -> None:
        self._problem = str(error)
        self.get_logger().error(self._problem, throttle_duration_sec=2.0)

    def _now(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def _beat(self) -> None:
        """Looks anew, as silence sends no message, and says what holds."""
        if self._inputs:
            self._answer()
        self._tell(self._reporter.beat)

    def _tell(self, say: Callable[[Fault, tuple[float, float]], None]) -> None:
        """Hands out what is wrong, and the ages of image and joints."""
        if self._responder is not None and self._inputs:
            say(self._responder.fault, self._responder.health.ages(self._now()))
        else:
            say(Fault("inactive", self._problem or _INACTIVE), (math.nan, math.nan))

    def _status(self) -> DiagnosticStatus:
        if self._bundle is None or self._policy is None or self._responder is None:
            return diagnosis("", self._problem, "not configured", {})
        responder = self._responder
        values = {
            "bundle_sha256": self._bundle.sha256,
            "provider": self._policy.provider,
            "decisions": str(responder.decisions),
            "latency_ms": f"{responder.latency_s * 1e3:.2f}",
        }
        problem = self._problem or responder.fault.detail
        message = responder.waiting_for or "answering"
        return diagnosis(self._bundle.manifest.name, problem, message, values)


def main(args: list[str] | None = None) -> int:
    """Runs the node until it is told to stop; 1 when it could not start."""
    return run(PolicyNode, args)
