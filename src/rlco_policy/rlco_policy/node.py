# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The policy node: a lifecycle node that answers observations with action chunks.

    in:  <camera>/image_raw, <camera>/camera_info, joint_states, commanded_joint_states, instruction
    out: action_chunk, /diagnostics

Configuring verifies the bundle, holds its contract against the robot and the cameras that exist,
and warms the model up. Only an active node listens and answers.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.wait_for_message import wait_for_message
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image as ImageMessage
from sensor_msgs.msg import JointState as JointStateMessage

from rlco_core.bundle import Bundle, load_bundle
from rlco_core.contract import ActionContract, Contract, compare
from rlco_core.errors import ConfigError, ContractMismatch, RlcoError
from rlco_core.robot import RobotConfig
from rlco_core.stamps import seconds_to_ns
from rlco_interfaces.msg import ActionChunk as ActionChunkMessage
from rlco_interfaces.msg import Instruction as InstructionMessage
from rlco_policy.convert import (
    image_from_message,
    instruction_from_message,
    joints_from_message,
)
from rlco_policy.engine import CPU, OnnxPolicy
from rlco_policy.gate import Budget, Gate
from rlco_policy.responder import Responder, measured_joints
from rlco_ros.chunks import chunk_to_message
from rlco_ros.parameters import flag, real, text, texts, whole
from rlco_ros.qos import COMMAND, LATCHED, SENSOR
from rlco_ros.run import run

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE

JOINT_STATES_DEPTH = 32

PARAMETERS = (
    text("bundle", "", "directory of the policy bundle"),
    text("robot", "panda", "robot by name, or path of its YAML file"),
    text("tf_prefix", "", "prefix of the robot's joint and frame names"),
    text("task", "", "task of the scene; empty: any that the bundle was trained on"),
    flag(
        "lockstep",
        False,
        "true: only equal stamps make an observation, of any age; false: the two budgets below",
    ),
    real("max_observation_age", 0.2, "oldest image that is answered, s", 0.001, 10.0),
    real("max_skew", 0.03, "largest distance of image and joint state, s", 0.001, 1.0),
    real("scene_timeout", 10.0, "how long configuring waits for cameras, s", 0.1, 600.0),
    texts("providers", [CPU], "ONNX Runtime execution providers by priority"),
    whole("threads", 1, "threads of ONNX Runtime within one operator", 1, 256),
    flag("autostart", True, "configure and activate at once"),
)


class PolicyNode(LifecycleNode):
    """Holds the messages' ends; what is decided is in `Responder` and `Gate`."""

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
        self._joint_topic = ""
        self._chunks = self.create_lifecycle_publisher(ActionChunkMessage, "action_chunk", COMMAND)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 1)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0, self._publish_diagnostics, clock=steady)

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
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stops to listen."""
        for subscription in self._inputs:
            self.destroy_subscription(subscription)
        self._inputs.clear()
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
        cameras = [camera.name for camera in bundle.contract.cameras]
        gate = Gate(cameras, self._budget(bundle.contract.action))
        self._responder = Responder(policy, robot, gate)
        self._bundle, self._policy = bundle, policy
        self._joint_names = list(measured_joints(robot, self._get("tf_prefix")))
        self._joint_topic = robot.joint_states_topic
        self._frame = self._get("tf_prefix") + robot.base_frame
        self.get_logger().info(
            f"bundle {bundle.manifest.name} ({bundle.sha256[:12]}) is ready on {policy.provider}"
        )

    def _budget(self, action: ActionContract) -> Budget:
        if self._get("lockstep"):
            return Budget(skew_ns=0, age_ns=None)
        return Budget(
            skew_ns=seconds_to_ns(self._get("max_skew")),
            age_ns=seconds_to_ns(self._get("max_observation_age")),
            # Half a period of slack, so that the jitter of a camera does not cost a whole frame.
            period_ns=seconds_to_ns((action.execute - 0.5) * action.dt),
        )

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
        found, info = wait_for_message(
            CameraInfo, self, topic, qos_profile=SENSOR, time_to_wait=remaining
        )
        if not self.context.ok():
            raise KeyboardInterrupt  # a SIGTERM ends the wait but raises nothing by itself
        if not found:
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
            topic, callback = f"{camera.name}/image_raw", partial(self._on_image, camera.name)
            self._listen(ImageMessage, topic, callback, newest)
        self._listen(JointStateMessage, self._joint_topic, self._on_joints, several)
        self._listen(JointStateMessage, "commanded_joint_states", self._on_commanded, several)
        self._listen(InstructionMessage, "instruction", self._on_instruction, LATCHED)

    def _listen(self, kind: Any, topic: str, callback: Any, qos: QoSProfile) -> None:
        self._inputs.append(self.create_subscription(kind, topic, callback, qos))

    def _on_image(self, camera: str, message: ImageMessage) -> None:
        self._take(lambda gate: gate.on_image(camera, image_from_message(message)))

    def _on_joints(self, message: JointStateMessage) -> None:
        self._take(lambda gate: gate.on_joints(joints_from_message(message, self._joint_names)))

    def _on_commanded(self, message: JointStateMessage) -> None:
        self._take(lambda gate: gate.on_commanded(joints_from_message(message, self._joint_names)))

    def _on_instruction(self, message: InstructionMessage) -> None:
        instruction = instruction_from_message(message)
        self._take(lambda gate: gate.on_instruction(instruction))
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

    def _take(self, put: Callable[[Gate], None]) -> None:
        """Puts a message into the gate and answers what that completes."""
        assert self._responder is not None
        try:
            put(self._responder.gate)
            chunk = self._responder.respond(self.get_clock().now().nanoseconds)
        except RlcoError as error:
            self._report(error)
            return
        if chunk is not None:
            self._problem = ""
            self._chunks.publish(chunk_to_message(chunk, self._frame))

    def _report(self, error: RlcoError) -> None:
        self._problem = str(error)
        self.get_logger().error(self._problem, throttle_duration_sec=2.0)

    def _publish_diagnostics(self) -> None:
        message = DiagnosticArray(status=[self._status()])
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(message)

    def _status(self) -> DiagnosticStatus:
        status = DiagnosticStatus(name=f"{self.get_fully_qualified_name()}: policy")
        status.level = DiagnosticStatus.ERROR if self._problem else DiagnosticStatus.OK
        status.message = self._problem
        if self._bundle is None or self._policy is None or self._responder is None:
            status.message = status.message or "not configured"
            return status
        status.hardware_id = self._bundle.manifest.name
        status.message = status.message or self._responder.waiting_for or "answering"
        values = {
            "bundle_sha256": self._bundle.sha256,
            "provider": self._policy.provider,
            "decisions": str(self._responder.decisions),
            "latency_ms": f"{self._responder.latency_s * 1e3:.2f}",
        }
        status.values = [KeyValue(key=key, value=value) for key, value in values.items()]
        return status


def main(args: list[str] | None = None) -> int:
    """Runs the node until it is told to stop; 1 when it could not start."""
    return run(PolicyNode, args)
