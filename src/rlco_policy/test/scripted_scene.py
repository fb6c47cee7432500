# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A scene that says on real topics what a test tells it, and a stage for the node under test."""

from __future__ import annotations

import array
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, Image, JointState

from rlco_core.robot import RobotConfig
from rlco_interfaces.msg import ActionChunk, Instruction, PolicyState
from rlco_policy.convert import ns_to_stamp
from rlco_policy.node import PolicyNode
from rlco_ros.qos import COMMAND, LATCHED

DOMAIN = 1 + os.getpid() % 100
PANDA = RobotConfig.load("panda")
PATIENCE_S = 30.0


class Scene(Node):
    """A camera and an arm that say what a test tells them; camera_info comes by itself."""

    def __init__(self, context: Context) -> None:
        super().__init__("scene", context=context, namespace="cell")
        self.chunks: list[ActionChunk] = []
        self.states: list[PolicyState] = []
        self.diagnostics: list[DiagnosticArray] = []
        self.width, self.height = 64, 48
        self.images = self.create_publisher(Image, "front/image_raw", 1)
        self.joints = self.create_publisher(JointState, "joint_states", 10)
        self.commanded = self.create_publisher(JointState, "commanded_joint_states", 10)
        self.instructions = self.create_publisher(Instruction, "instruction", LATCHED)
        self._infos = self.create_publisher(CameraInfo, "front/camera_info", 1)
        self.create_subscription(ActionChunk, "action_chunk", self.chunks.append, 10)
        self.create_subscription(PolicyState, "policy_state", self.states.append, COMMAND)
        self.create_subscription(DiagnosticArray, "/diagnostics", self.diagnostics.append, 10)
        self.create_timer(0.01, self._tell_camera)

    def _tell_camera(self) -> None:
        self._infos.publish(CameraInfo(width=self.width, height=self.height))

    def tell_image(self, stamp_ns: int, encoding: str = "rgb8") -> None:
        step = 3 * self.width
        message = Image(width=self.width, height=self.height, encoding=encoding, step=step)
        message.header.stamp = ns_to_stamp(stamp_ns)
        message.data = array.array("B", [102] * (self.height * step))
        self.images.publish(message)

    def tell_joints(self, stamp_ns: int, prefix: str = "") -> None:
        names = [prefix + name for name in (*PANDA.gripper_joint_names, *PANDA.joint_names)]
        message = JointState(name=names, position=[0.04, 0.04, *PANDA.home])
        message.header.stamp = ns_to_stamp(stamp_ns)
        self.joints.publish(message)
        self.commanded.publish(message)

    def tell_instruction(self, stamp_ns: int, text: str = "push the red cube") -> None:
        message = Instruction(episode=5, text=text)
        message.header.stamp = ns_to_stamp(stamp_ns)
        self.instructions.publish(message)


class Stage:
    """One node under test, spun by the test, and the scene, spun by a thread."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.scene = Scene(context)
        self._nodes: list[PolicyNode] = []
        self._executor = SingleThreadedExecutor(context=context)
        self._background = SingleThreadedExecutor(context=context)
        self._background.add_node(self.scene)
        self._thread = threading.Thread(target=self._background.spin)
        self._thread.start()

    def node(self, namespace: str = "cell", **parameters: Any) -> PolicyNode:
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        node = PolicyNode(context=self.context, namespace=namespace, parameter_overrides=overrides)
        self._nodes.append(node)
        self._executor.add_node(node)
        return node

    def wait(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "nothing came"
            self._executor.spin_once(timeout_sec=0.02)

    def overhear(self, condition: Callable[[], object]) -> None:
        """Waits for what the scene hears while nobody spins the node."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "nothing was said"
            time.sleep(0.01)

    def wait_for_ears(self) -> None:
        """Until the active node and the scene hear each other."""
        scene = self.scene
        outputs = (scene.images, scene.joints, scene.commanded, scene.instructions)
        self.wait(lambda: all(output.get_subscription_count() for output in outputs))
        self.wait(lambda: self._nodes[-1].count_subscribers("action_chunk"))

    def close(self) -> None:
        self._background.shutdown()
        self._thread.join()
        for node in (*self._nodes, self.scene):
            node.destroy_node()
