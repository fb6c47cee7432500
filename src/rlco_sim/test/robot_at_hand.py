# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The other end of a simulator's topics, and a stage that spins both in one executor."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from rlco_core.robot import RobotConfig
from rlco_core.stamps import set_stamp, stamp_to_ns
from rlco_interfaces.msg import TaskState
from rlco_interfaces.srv import InjectFault, ResetScene
from rlco_ros.qos import CLOCK
from rlco_sim.node import SimNode

PANDA = RobotConfig.load("panda")
ARM, FINGERS = PANDA.joint_names, PANDA.gripper_joint_names
PATIENCE_S = 60.0
_ALL = QoSProfile(depth=1000)


class Hand(Node):
    """Hears all that the simulator says, and commands its controllers."""

    def __init__(self, context: Context, robot: RobotConfig) -> None:
        super().__init__("hand", context=context, namespace="cell")
        self.joints: list[JointState] = []
        self.states: list[TaskState] = []
        self.images: list[Image] = []
        self.infos: list[CameraInfo] = []
        self.clocks: list[Clock] = []
        self.create_subscription(JointState, "joint_states", self.joints.append, _ALL)
        self.create_subscription(TaskState, "task_state", self.states.append, _ALL)
        self.create_subscription(Image, "front/image_raw", self.images.append, _ALL)
        self.create_subscription(CameraInfo, "front/camera_info", self.infos.append, _ALL)
        self.create_subscription(Clock, "/clock", self.clocks.append, CLOCK)
        self.arm = self.create_publisher(JointTrajectory, robot.controller_topic, 10)
        self.gripper = self.create_publisher(JointTrajectory, robot.gripper.controller_topic, 10)
        self._robot = robot
        self.scenes = self.create_client(ResetScene, "reset_scene")

    def command_arm(
        self, stamp: int, positions: Sequence[float], names: Sequence[str] = ()
    ) -> None:
        self.arm.publish(trajectory(stamp, names or self._robot.joint_names, positions))

    def command_gripper(self, stamp: int, position: float) -> None:
        names = self._robot.gripper_joint_names
        self.gripper.publish(trajectory(stamp, names, [position] * len(names)))


def trajectory(stamp: int, names: Sequence[str], positions: Sequence[float]) -> JointTrajectory:
    point = JointTrajectoryPoint(positions=[float(position) for position in positions])
    message = JointTrajectory(joint_names=list(names), points=[point])
    set_stamp(message.header.stamp, stamp)
    return message


def stamp_of(message: Any) -> int:
    return stamp_to_ns(message.header.stamp)


class Stage:
    """One simulator and one hand for one robot, spun by the test."""

    def __init__(self, context: Context, robot: RobotConfig) -> None:
        self._context = context
        self.robot = robot
        self._executor = SingleThreadedExecutor(context=context)
        self.hand = Hand(context, robot)
        self._executor.add_node(self.hand)
        self._nodes: list[SimNode] = []

    def simulator(self, **parameters: Any) -> SimNode:
        """A simulator that the hand already hears; silence lasts 50 ms unless told otherwise."""
        given = {"repeat_after": 0.05, "robot": self.robot.name, **parameters}
        overrides = [Parameter(name, value=value) for name, value in given.items()]
        node = SimNode(context=self._context, namespace="cell", parameter_overrides=overrides)
        self._nodes.append(node)
        self._executor.add_node(node)
        self.wait(lambda: self._heard(given.get("driver", "plain")))
        return node

    def _heard(self, driver: str) -> bool:
        hand = self.hand
        outputs = (hand.arm, hand.gripper) if driver == "plain" else (hand.arm,)
        listening = all(output.get_subscription_count() for output in outputs)
        heard = (hand.joints, hand.states, hand.images, hand.infos)
        return listening and all(heard) and hand.scenes.service_is_ready()

    def wait(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "nothing came"
            self._executor.spin_once(timeout_sec=0.02)

    @property
    def now(self) -> int:
        """Stamp of the newest joint state."""
        return stamp_of(self.hand.joints[-1])

    def step(self, positions: Sequence[float] = (), fingers: float = 0.02) -> None:
        """Answers the newest instant and waits for the one after it."""
        before = self.now
        self.hand.command_gripper(before, fingers)
        self.hand.command_arm(before, self.robot.home if len(positions) == 0 else positions)
        self.wait(lambda: self.now > before and stamp_of(self.hand.states[-1]) == self.now)

    def repeats(self, count: int = 2) -> list[JointState]:
        """The next ``count`` joint states, whatever their stamps."""
        seen = len(self.hand.joints)
        self.wait(lambda: len(self.hand.joints) >= seen + count)
        return self.hand.joints[seen : seen + count]

    def reset(self, seed: int, instruction: str = "", task: str = "push_cube") -> Any:
        """The answer of the service."""
        request = ResetScene.Request(task=task, seed=seed, instruction=instruction)
        future = self.hand.scenes.call_async(request)
        self.wait(future.done)
        return future.result()

    def listen(self, kind: Any, topic: str, qos: Any = _ALL) -> list[Any]:
        """What comes on a topic from now on."""
        heard: list[Any] = []
        self.hand.create_subscription(kind, topic, heard.append, qos)
        return heard

    def publisher(self, kind: Any, topic: str) -> Any:
        """One that is heard already."""
        publisher = self.hand.create_publisher(kind, topic, 1)
        self.wait(publisher.get_subscription_count)
        return publisher

    def call(self, kind: Any, service: str, **request: Any) -> Any:
        """The answer of a service."""
        client = self.hand.create_client(kind, service)
        self.wait(client.service_is_ready)
        future = client.call_async(kind.Request(**request))
        self.wait(future.done)
        self.hand.destroy_client(client)
        return future.result()

    def fault(self, fault: str, value: float = 0.0) -> Any:
        """The answer of a fault that is let happen."""
        return self.call(InjectFault, "sim_node/inject_fault", fault=fault, value=value)

    def send(self, kind: Any, action: str, goal: Any) -> Any:
        """The handle of a goal that was answered."""
        client = ActionClient(self.hand, kind, action)
        self.wait(client.server_is_ready)
        future = client.send_goal_async(goal)
        self.wait(future.done)
        return future.result()

    def result(self, handle: Any) -> tuple[int, Any]:
        """Status and result of a goal, once it has ended."""
        future = handle.get_result_async()
        self.wait(future.done)
        return future.result().status, future.result().result

    def close(self) -> None:
        for node in (*self._nodes, self.hand):
            node.destroy_node()
        self._executor.shutdown()


def positions(message: JointState) -> NDArray[np.float64]:
    """(n + fingers,) rad and m: the arm, then the fingers."""
    return np.array(message.position)
