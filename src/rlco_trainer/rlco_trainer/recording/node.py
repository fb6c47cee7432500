# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS ends of recording and replay; they hang on the node of an ``EpisodeClient``.

in:  <camera>/image_raw, executed_action, instruction, verdict; in lock-step joint_states, in real
         time measured_joint_states, which the bridge tells alike of every driver
out: teleop/twist and joy, where keys or a script move the arm; action_chunk in a replay;
         task_state, when a person says that it went well
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import rclpy
from geometry_msgs.msg import TwistStamped
from numpy.typing import NDArray
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image, JointState, Joy

from rlco_core.contract import Contract
from rlco_core.errors import ConfigError
from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig
from rlco_core.stamps import set_stamp, stamp_to_ns
from rlco_core.types import ActionChunk
from rlco_interfaces.msg import ActionChunk as ActionChunkMessage
from rlco_interfaces.msg import ExecutedAction, Instruction, TaskState, Verdict
from rlco_policy.convert import image_to_array, joints_from_message
from rlco_policy.measurements import Image as Seen
from rlco_policy.measurements import JointState as Measured
from rlco_policy.responder import measured_joints
from rlco_ros.chunks import chunk_to_message
from rlco_ros.qos import COMMAND, LATCHED, STATE
from rlco_teleop.bounds import bounded
from rlco_trainer.recording.keys import Keys
from rlco_trainer.recording.script import Script
from rlco_trainer.recording.take import Act, Memory
from rlco_trainer.recording.terminal import waiting_keys

_KEYS_PERIOD, _LOOK_PERIOD = 0.05, 0.2
#: Messages that may wait while an episode is written.
_DEPTH = 512
#: s within which one hears of all who publish.
_MEETING_SECONDS = 1.0


def state_topic(robot: RobotConfig, lockstep: bool) -> str:
    """Where all joints of the arm and its fingers are told under the robot's own names."""
    return robot.joint_states_topic if lockstep else "measured_joint_states"


def published(node: Node, topic: str) -> bool:
    """Whether anybody is there who publishes it."""
    return int(node.count_publishers(node.resolve_topic_name(topic))) > 0


class Ears:
    """Fills a memory with what is said, and passes on what people say.

    Args:
        node: that listens.
        memory: that is filled.
        camera: name of the camera.
        on_verdict: called with a person's word on the episode that runs, true for success.

    Attributes:
        image: the newest, as it is kept.
        instruction: in force; empty between episodes.
        episode: number of the one that was heard to begin since ``begin``; None before.
        joints: the newest measurement of arm and fingers.
    """

    def __init__(
        self,
        node: Node,
        memory: Memory,
        robot: RobotConfig,
        tf_prefix: str,
        camera: str,
        lockstep: bool,
        on_verdict: Callable[[bool], None],
    ) -> None:
        self._node, self._memory, self._on_verdict = node, memory, on_verdict
        self._names = list(measured_joints(robot, tf_prefix))
        self.image: NDArray[np.uint8] | None = None
        self.instruction = ""
        self.episode: int | None = None
        self.joints: Measured | None = None
        policy = ReliabilityPolicy.RELIABLE if lockstep else ReliabilityPolicy.BEST_EFFORT
        said = QoSProfile(depth=_DEPTH, reliability=policy)
        told = QoSProfile(depth=_DEPTH, reliability=ReliabilityPolicy.RELIABLE)
        node.create_subscription(Image, f"{camera}/image_raw", self._on_image, said)
        topic = state_topic(robot, lockstep)
        node.create_subscription(JointState, topic, self._on_joints, said)
        node.create_subscription(ExecutedAction, "executed_action", self._on_act, told)
        node.create_subscription(Instruction, "instruction", self._on_instruction, LATCHED)
        self._judgements = node.create_publisher(TaskState, "task_state", STATE)
        node.create_subscription(Verdict, "verdict", self._on_verdict_message, STATE)

    def begin(self) -> None:
        """What was said so far, and may wait to be heard, is of other episodes."""
        self.episode = None
        self._memory.begin()

    def beside_policy(self) -> bool:
        """Whether there is a policy that people may take over from."""
        return published(self._node, "policy/action_chunk")

    def deadman_asked(self) -> bool:
        """Whether somebody tells of a deadman, who may have to be met first."""
        return self.wait_for(lambda: published(self._node, "deadman"), _MEETING_SECONDS)

    def judge(self) -> None:
        """Tells the bridge that the task is done, in a judge's place."""
        message = TaskState(success=True)
        set_stamp(message.header.stamp, 0 if self.joints is None else self.joints.stamp_ns)
        self._judgements.publish(message)

    def joints_now(self, timeout: float) -> Measured:
        """A measurement from now on: what waited to be heard may be of long ago.

        Raises:
            ConfigError: none came within ``timeout`` s.
        """
        now_ns = int(self._node.get_clock().now().nanoseconds)
        self.wait_for(lambda: self.joints is not None and self.joints.stamp_ns >= now_ns, timeout)
        if self.joints is None or self.joints.stamp_ns < now_ns:
            raise ConfigError(
                f"no joint states of now within {timeout:g} s; the driver must run, and its clock "
                "must be this computer's"
            )
        return self.joints

    def wait_for(self, ready: Callable[[], bool], timeout: float) -> bool:
        """Listens until it is ``ready``, or for ``timeout`` s; whether it is."""
        deadline = time.monotonic() + timeout
        while not (done := ready()) and time.monotonic() < deadline:
            rclpy.spin_once(self._node, timeout_sec=0.05)
        return done

    def _on_image(self, message: Image) -> None:
        seen = Seen(stamp_to_ns(message.header.stamp), image_to_array(message))
        self.image = self._memory.on_image(seen)

    def _on_joints(self, message: JointState) -> None:
        self.joints = joints_from_message(message, self._names)
        self._memory.on_joints(self.joints)

    def _on_act(self, message: ExecutedAction) -> None:
        action = np.array(message.action, np.float32)
        stamp = stamp_to_ns(message.header.stamp)
        told = np.array(message.told, np.float64)
        self._memory.on_act(Act(stamp, action, bool(message.by_person), told))

    def _on_instruction(self, message: Instruction) -> None:
        self.instruction = message.text
        if message.text.strip():
            self.episode = message.episode

    def _on_verdict_message(self, message: Verdict) -> None:
        if message.episode == self.episode:
            self._on_verdict(bool(message.success))


class _Twister:
    """Publishes what a twist device and its buttons say."""

    def __init__(self, node: Node) -> None:
        self._twists = node.create_publisher(TwistStamped, "teleop/twist", STATE)
        self._pads = node.create_publisher(Joy, "joy", STATE)

    def say(
        self,
        stamp_ns: int,
        velocity: NDArray[np.float64],
        axes: list[float],
        buttons: list[int],
    ) -> None:
        """``velocity`` (6,) m/s and rad/s in the base frame."""
        twist, pad = TwistStamped(), Joy(axes=axes, buttons=buttons)
        linear, angular = twist.twist.linear, twist.twist.angular
        linear.x, linear.y, linear.z, angular.x, angular.y, angular.z = velocity.tolist()
        for message in (twist, pad):
            set_stamp(message.header.stamp, stamp_ns)
        self._twists.publish(twist)
        self._pads.publish(pad)


class Keyboard:
    """Keys of this terminal, as twists and buttons.

    Args:
        look: called now and then, to show something.
    """

    def __init__(self, node: Node, keys: Keys, look: Callable[[], None]) -> None:
        self._node, self._keys = node, keys
        self._twister = _Twister(node)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        node.create_timer(_KEYS_PERIOD, self._read, clock=steady)
        node.create_timer(_LOOK_PERIOD, look, clock=steady)

    def forget(self) -> None:
        """What was typed while nobody read it is of long ago: it moves and judges nothing."""
        self._keys.press(waiting_keys(), -math.inf)

    def _read(self) -> None:
        now = time.monotonic()
        self._keys.press(waiting_keys(), now)
        stamp = int(self._node.get_clock().now().nanoseconds)
        self._twister.say(stamp, self._keys.velocity(now), [], self._keys.buttons(now))


class Scripted:
    """Says what a script has for an instant when the arm was measured then, and again if that is
    repeated; tells the script where the arm was told to be.

    Args:
        say: called with the present and the number of the episode while a script runs.
    """

    def __init__(
        self,
        node: Node,
        robot: RobotConfig,
        script: Script,
        lockstep: bool,
        say: Callable[[int, int], None],
    ) -> None:
        self._script, self._say = script, say
        self._kinematics, self._count = Kinematics(robot), len(robot.joint_names)
        self._now = self._episode = 0
        topic = state_topic(robot, lockstep)
        node.create_subscription(Instruction, "instruction", self._on_instruction, LATCHED)
        node.create_subscription(JointState, topic, self._on_joints, STATE)
        node.create_subscription(ExecutedAction, "executed_action", self._on_act, STATE)

    def _on_instruction(self, message: Instruction) -> None:
        self._episode = message.episode
        if not message.text.strip():
            self._script.stop()
            return
        self._script.start(stamp_to_ns(message.header.stamp))
        self._say(self._now, self._episode)

    def _on_joints(self, message: JointState) -> None:
        self._now = stamp_to_ns(message.header.stamp)
        self._say(self._now, self._episode)

    def _on_act(self, message: ExecutedAction) -> None:
        told = self._kinematics.forward(np.array(message.told[: self._count])).copy()
        self._script.told(stamp_to_ns(message.header.stamp), told)


def scripted_twists(
    node: Node, robot: RobotConfig, script: Script, lockstep: bool, dt: float
) -> Scripted:
    """A script at the twist device, its gripper on axis 0."""
    twister = _Twister(node)

    def say(now_ns: int, episode: int) -> None:
        due = script.due(now_ns, 1)
        if due is not None:
            row = due[1][0].astype(np.float64)
            twister.say(now_ns, row[:6] / dt, [2.0 * row[6] - 1.0], [])

    return Scripted(node, robot, script, lockstep, say)


def scripted_chunks(
    node: Node,
    robot: RobotConfig,
    script: Script,
    lockstep: bool,
    contract: Contract,
    tf_prefix: str,
) -> Scripted:
    """A script in a policy's place."""
    action, hash_ = contract.action, contract.sha256()
    chunks = node.create_publisher(ActionChunkMessage, "action_chunk", COMMAND)

    def say(now_ns: int, episode: int) -> None:
        due = script.due(now_ns, action.horizon)
        if due is not None:
            stamp, rows = due
            for row in rows if script.path else ():
                row[:6] = bounded(row[:6].astype(np.float64), robot.limits, action.dt)
            chunk = ActionChunk(stamp, action.dt, rows, hash_, episode)
            chunks.publish(chunk_to_message(chunk, tf_prefix + robot.base_frame))

    return Scripted(node, robot, script, lockstep, say)
