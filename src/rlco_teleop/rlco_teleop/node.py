# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Teleoperation: a node that answers in a policy's place, or lets one answer until it is needed.

    in:  joy, teleop/twist or teleop/pose; commanded_joint_states, instruction; in lock-step
         joint_states, too; policy/action_chunk, where a policy acts
    out: action_chunk; deadman; verdict, a person's word on the episode that runs

What it sends are chunks like a policy's, so all checks of the bridge come after it.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped, TwistStamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState, Joy
from std_msgs.msg import Bool

from rlco_core.bundle import load_bundle
from rlco_core.contract import Contract, compare
from rlco_core.errors import ConfigError, ContractMismatch, RlcoError, choices
from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig
from rlco_core.stamps import set_stamp, stamp_to_ns
from rlco_core.types import ActionChunk
from rlco_interfaces.msg import ActionChunk as ActionChunkMessage
from rlco_interfaces.msg import Instruction, Verdict
from rlco_ros.chunks import chunk_from_message, chunk_to_message
from rlco_ros.qos import COMMAND, LATCHED, SENSOR, STATE
from rlco_ros.run import run
from rlco_teleop.buttons import NONE, Buttons, Layout
from rlco_teleop.convert import pose_from_message, told_from_message, velocity_from_message
from rlco_teleop.inbox import Inbox
from rlco_teleop.motions import Motion, Poses, Sticks, Stillness, Twists
from rlco_teleop.operator import Operator
from rlco_teleop.parameters import BUTTONS, DEVICES, PARAMETERS
from rlco_teleop.suggestions import Suggestions

#: Of a short press no message may be passed over.
PRESSES = QoSProfile(depth=32, reliability=ReliabilityPolicy.BEST_EFFORT)


class TeleopNode(Node):
    """Holds the messages' ends; what is decided is in ``Operator``."""

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("teleop_node", **node_arguments)
        self.declare_parameters("", list(PARAMETERS))
        self._lockstep = self._get("lockstep")
        self._robot = RobotConfig.load(self._get("robot"))
        self._frame = self._get("tf_prefix") + self._robot.base_frame
        self._kinematics = Kinematics(self._robot)
        joints = (*self._robot.joint_names, self._robot.gripper_joint_names[0])
        self._names = [self._get("tf_prefix") + name for name in joints]
        contract = Contract.from_json(self._get("contract"))
        self._buttons, self._told = Buttons(self._layout(), self._inbox()), self._inbox()
        self._suggestions = self._policys(contract)
        self._operator = Operator(
            contract,
            self._robot,
            self._open_motion(),
            self._buttons,
            self._told,
            self._suggestions,
            self._lockstep,
        )
        self._instant_ns = 0
        self._said: ActionChunk | None = None
        self._open_topics()
        self._start_timers(contract.action.dt)

    def _get(self, name: str) -> Any:
        return self.get_parameter(name).value

    def _inbox(self) -> Inbox[Any]:
        return Inbox(self._lockstep, self._get("silence"))

    def _layout(self) -> Layout:
        axes = tuple(self._get("axes"))
        if len(axes) != 6:
            raise ConfigError(f"axes are {list(axes)}; it should be six, for x y z roll pitch yaw")
        buttons = {name: self._get(name) for name in BUTTONS}
        return Layout(axes=axes, dead_zone=self._get("dead_zone"), **buttons)

    def _policys(self, contract: Contract) -> Suggestions | None:
        """Those of the policy that the person stands beside, if there is one."""
        bundle = self._get("policy")
        if not bundle:
            return None
        policys = load_bundle(bundle).contract
        scene = {"robot": contract.robot, "action": {"dt": contract.action.dt}}
        if differences := compare(policys, scene):
            raise ContractMismatch(f"the policy does not fit: {'; '.join(differences)}")
        return Suggestions(policys, self._lockstep)

    def _open_motion(self) -> Motion:
        makers = dict(zip(DEVICES, (self._sticks, self._twists, self._poses), strict=True))
        device = self._get("device")
        if device not in makers:
            raise ConfigError(f"device '{device}' is unknown; it should be {choices(DEVICES)}")
        return makers[device]()

    def _sticks(self) -> Motion:
        limits = self._robot.limits
        fastest = np.repeat([limits.linear_speed, limits.angular_speed], 3)
        return Sticks(self._buttons, self._get("speed") * fastest)

    def _twists(self) -> Motion:
        twists = Twists(self._inbox(), self._still())
        self._listen(TwistStamped, "teleop/twist", twists.inbox, velocity_from_message)
        return twists

    def _poses(self) -> Motion:
        poses = Poses(self._inbox(), self._still())
        self._listen(PoseStamped, "teleop/pose", poses.inbox, pose_from_message)
        return poses

    def _still(self) -> Stillness:
        return Stillness.of(self._robot.limits, self._get("still"))

    def _listen(self, kind: Any, topic: str, inbox: Inbox[Any], read: Any) -> None:
        def take(message: Any) -> None:
            try:
                inbox.put(stamp_to_ns(message.header.stamp), read(message, self._frame))
            except ConfigError as error:
                self.get_logger().error(str(error), throttle_duration_sec=2.0)
            self._speak_in_step()

        self.create_subscription(kind, topic, take, STATE if self._lockstep else SENSOR)

    def _open_topics(self) -> None:
        self._chunks = self.create_publisher(ActionChunkMessage, "action_chunk", COMMAND)
        self._verdicts = self.create_publisher(Verdict, "verdict", STATE)
        state = STATE if self._lockstep else SENSOR
        self.create_subscription(Joy, "joy", self._on_joy, STATE if self._lockstep else PRESSES)
        if self._lockstep:
            joints = self._robot.joint_states_topic
            self.create_subscription(JointState, joints, self._on_joints, STATE)
        self.create_subscription(JointState, "commanded_joint_states", self._on_told, state)
        self.create_subscription(Instruction, "instruction", self._on_instruction, LATCHED)
        self.create_subscription(
            ActionChunkMessage, "policy/action_chunk", self._on_suggestion, COMMAND
        )

    def _start_timers(self, dt: float) -> None:
        if not self._lockstep:
            self.create_timer(dt, self._speak)
        if self._buttons.layout.deadman != NONE:
            self._tell_deadman(dt)

    # --- what comes in -------------------------------------------------------------------

    def _on_joy(self, message: Joy) -> None:
        self._buttons.put(stamp_to_ns(message.header.stamp), message.axes, message.buttons)
        for success in self._buttons.verdicts():
            self._judge(success)
        self._speak_in_step()

    def _judge(self, success: bool) -> None:
        """Says what a person did of the episode that runs."""
        episode = self._operator.episode
        if episode is None:
            self.get_logger().warning("no episode runs: the word on it means nothing")
            return
        verdict = Verdict(episode=episode, success=success)
        set_stamp(verdict.header.stamp, self._now())
        self._verdicts.publish(verdict)

    def _on_joints(self, message: JointState) -> None:
        self._instant_ns = stamp_to_ns(message.header.stamp)
        self._speak(again=True)

    def _on_told(self, message: JointState) -> None:
        try:
            told = told_from_message(message, self._names, self._robot, self._kinematics)
        except RlcoError as error:
            self.get_logger().error(str(error), throttle_duration_sec=2.0)
            return
        self._told.put(stamp_to_ns(message.header.stamp), told)
        self._speak_in_step()

    def _on_instruction(self, message: Instruction) -> None:
        stamp = stamp_to_ns(message.header.stamp)
        self._operator.instruct(stamp, message.episode, message.text)
        self._speak_in_step()

    def _on_suggestion(self, message: ActionChunkMessage) -> None:
        self._operator.suggest(chunk_from_message(message), self._now())
        self._speak_in_step()

    # --- what goes out -------------------------------------------------------------------

    def _speak_in_step(self) -> None:
        if self._lockstep:
            self._speak()

    def _speak(self, again: bool = False) -> None:
        """Sends the chunk of this instant, once, or ``again``."""
        chunk = self._operator.answer(self._now())
        self._report()
        if chunk is not None and (again or chunk is not self._said):
            self._said = chunk
            self._chunks.publish(chunk_to_message(chunk, self._frame))

    def _report(self) -> None:
        verdict = self._suggestions.verdict if self._suggestions else None
        if verdict is not None and not verdict.accepted:
            line = f"the policy's chunk was refused: {verdict.limit}: {verdict.reason}"
            self.get_logger().error(line, throttle_duration_sec=2.0)
        if self._operator.withheld:
            topic, button = self.resolve_topic_name("joy"), self._buttons.layout.deadman
            line = f"nothing moves without the deadman: hold button {button} of {topic}"
            self.get_logger().warning(line, throttle_duration_sec=2.0)

    def _tell_deadman(self, period: float) -> None:
        """Every ``period`` s; whoever sees the topic knows that it is asked for."""
        deadman = self.create_publisher(Bool, "deadman", COMMAND)

        def tell() -> None:
            deadman.publish(Bool(data=self._buttons.held(self._now())))

        self.create_timer(period, tell, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _now(self) -> int:
        return self._instant_ns if self._lockstep else int(self.get_clock().now().nanoseconds)


def main(args: list[str] | None = None) -> int:
    """Runs the node until it is told to stop."""
    return run(TeleopNode, args)


if __name__ == "__main__":
    sys.exit(main())
