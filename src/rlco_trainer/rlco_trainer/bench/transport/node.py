# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Camera, policy or echo, and listener: each a process of its own.

    python -m rlco_trainer.bench.transport.node ROLE SETTINGS [ROS ARGUMENTS]

`SETTINGS` are those of `Settings` as JSON. The listener ends by itself and prints how old what it
heard was, ms, and what the policy's diagnostics said last.
"""

from __future__ import annotations

import array
import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import (
    Executor,
    ExternalShutdownException,
    MultiThreadedExecutor,
    SingleThreadedExecutor,
)
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image, JointState

from rlco_core.robot import RobotConfig
from rlco_core.stamps import set_stamp, stamp_to_ns
from rlco_interfaces.msg import ActionChunk, Instruction
from rlco_policy.node import PolicyNode
from rlco_ros.qos import COMMAND, LATCHED, SENSOR, STATE
from rlco_ros.run import run
from rlco_ros.serialized import read_image
from rlco_ros.spin import LeanExecutor
from rlco_sim.session import DT
from rlco_trainer.bench.transport.settings import CHUNKS, ECHOES, Settings

EXECUTORS = {
    "lean": LeanExecutor,
    "single": SingleThreadedExecutor,
    "multi": MultiThreadedExecutor,
}
IMAGES = "front/image_raw"
_PICTURES = 8
_INFO_S = 0.2
#: What is heard first is not counted: connections are made, caches fill.
_WARM_S = 1.0
_PATIENCE_S = 60.0
#: What `create_publisher(kind, topic, 10)` takes, as most people write it.
_CUSTOMARY = QoSProfile(depth=10)


def _image_qos(settings: Settings) -> tuple[QoSProfile, QoSProfile]:
    """Of publishers and of subscribers."""
    return (_CUSTOMARY, _CUSTOMARY) if settings.customary else (COMMAND, SENSOR)


class Camera(Node):
    """Camera and arm, as a simulator or a driver publishes them, 20 images per second."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("camera")
        self._settings = settings
        shape = (_PICTURES, settings.height, settings.width, 3)
        self._pictures = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        self._count = 0
        robot = RobotConfig.load("panda")
        self._joints = [*robot.joint_names, *robot.gripper_joint_names]
        self._positions = [*robot.home, *(0.04 for _ in robot.gripper_joint_names)]
        self._images = self.create_publisher(Image, IMAGES, _image_qos(settings)[0])
        self.create_timer(DT, self._tell_image)
        if settings.joint_rate:
            self._open_arm()

    def _open_arm(self) -> None:
        topics = ("joint_states", "commanded_joint_states")
        self._arm = [self.create_publisher(JointState, topic, STATE) for topic in topics]
        self._infos = self.create_publisher(CameraInfo, "front/camera_info", COMMAND)
        self._instructions = self.create_publisher(Instruction, "instruction", LATCHED)
        self._instructions.publish(Instruction(episode=1, text="push the red cube"))
        width, height = self._settings.width, self._settings.height
        info = CameraInfo(width=width, height=height)
        self.create_timer(_INFO_S, partial(self._infos.publish, info))
        self.create_timer(1.0 / self._settings.joint_rate, self._tell_arm)

    def _tell_arm(self) -> None:
        message = JointState(name=self._joints, position=self._positions)
        set_stamp(message.header.stamp, time.time_ns())
        for publisher in self._arm:
            publisher.publish(message)

    def _tell_image(self) -> None:
        settings = self._settings
        picture = self._pictures[self._count % _PICTURES].tobytes()
        self._count += 1
        message = Image(width=settings.width, height=settings.height, encoding="rgb8")
        message.step = 3 * settings.width
        message.data = picture if settings.customary else array.array("B", picture)
        set_stamp(message.header.stamp, time.time_ns())
        self._images.publish(message)


class Echo(Node):
    """Sends every image back."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("echo")
        publishing, subscribing = _image_qos(settings)
        publisher = self.create_publisher(Image, ECHOES, publishing)
        self.create_subscription(Image, IMAGES, publisher.publish, subscribing, raw=settings.ours)


class Listener(Node):
    """Notes how old chunks or images are when they come."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("listener")
        self._began, self._first = time.monotonic(), 0.0
        self._settings = settings
        self._ages_ms: list[float] = []
        self._figures: dict[str, str] = {}
        if settings.listens == CHUNKS:
            self.create_subscription(ActionChunk, CHUNKS, self._on_message, COMMAND)
        elif settings.ours:
            self._listen_to_images(lambda one: self._on_message(read_image(one)), raw=True)
        else:
            self._listen_to_images(self._on_message)
        self.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)
        self.create_timer(0.1, self._look)

    def _listen_to_images(self, callback: Callable[[Any], None], raw: bool = False) -> None:
        qos = _image_qos(self._settings)[1]
        self.create_subscription(Image, ECHOES, callback, qos, raw=raw)

    def _on_message(self, message: Any) -> None:
        age_ns, now = time.time_ns() - stamp_to_ns(message.header.stamp), time.monotonic()
        self._first = self._first or now
        if now - self._first > _WARM_S:
            self._ages_ms.append(age_ns / 1e6)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        self._figures = {one.key: one.value for one in message.status[0].values}

    def _look(self) -> None:
        now = time.monotonic()
        over = self._first and now - self._first > _WARM_S + self._settings.seconds
        if over or now - self._began > _PATIENCE_S:
            print(json.dumps({"ages_ms": self._ages_ms, "figures": self._figures}), flush=True)
            raise KeyboardInterrupt


ROLES: dict[str, Callable[[Settings], Node]] = {
    "camera": Camera,
    "echo": Echo,
    "listener": Listener,
    "policy": lambda settings: PolicyNode(),
}


def main(role: str, settings: str, arguments: list[str]) -> int:
    """Runs one role until it is told to stop."""
    chosen = Settings(**json.loads(settings))
    make_node, make_executor = partial(ROLES[role], chosen), EXECUTORS[chosen.executor]
    if chosen.ours or role == "policy":
        return run(make_node, arguments, make_executor)
    return run_as_most_do(make_node, arguments, make_executor)


def run_as_most_do(
    make_node: Callable[[], Node], arguments: list[str], make_executor: Callable[[], Executor]
) -> int:
    """Spins with nothing of rlco's."""
    rclpy.init(args=arguments)
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        executor = make_executor()
        executor.add_node(make_node())
        executor.spin()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[2:]))
