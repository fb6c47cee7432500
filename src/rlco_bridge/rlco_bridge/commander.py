# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What goes out to the arm's and the gripper's controllers, and word of it to the policy."""

from __future__ import annotations

from rclpy.node import Node
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory

from rlco_bridge import convert
from rlco_bridge.episode import Measured
from rlco_bridge.mover import Mover
from rlco_core.motion import Command
from rlco_core.robot import RobotConfig
from rlco_core.types import ACCEPTED, Verdict
from rlco_interfaces.msg import Instruction
from rlco_ros.qos import COMMAND, LATCHED, STATE


class Commander:
    """Publishers of commands.

    In lock-step a controller is told where to be at the end of every period. In real time it is
    told all of the motion, ahead, until rest.

    Args:
        node: whose publishers these are.
        robot: the arm.
        prefix: of joint names.
        dt: control period, s.
        mover: of the arm, in real time; None in lock-step.

    Attributes:
        arm_names, finger_names: joints by name, prefix included.
    """

    def __init__(
        self, node: Node, robot: RobotConfig, prefix: str, dt: float, mover: Mover | None
    ) -> None:
        self.arm_names = [prefix + name for name in robot.joint_names]
        self.finger_names = [prefix + name for name in robot.gripper_joint_names]
        self._node, self._dt, self._mover = node, dt, mover
        self._arm = node.create_publisher(JointTrajectory, robot.controller_topic, COMMAND)
        self._gripper = node.create_publisher(
            JointTrajectory, robot.gripper.controller_topic, COMMAND
        )
        self._instructions = node.create_publisher(Instruction, "instruction", LATCHED)
        self._commanded = node.create_publisher(JointState, "commanded_joint_states", STATE)

    def begin(self, measured: Measured) -> Verdict:
        """The arm stands where it was measured; refused where it may not be."""
        if self._mover is None:
            return ACCEPTED
        return self._mover.begin(measured.joints, measured.stamp_ns)

    def send(self, now_ns: int, command: Command) -> Verdict:
        """The command of the period that begins at ``now_ns``; refused, the arm comes to rest."""
        verdict = ACCEPTED
        if self._mover is None:
            joints = command.joints.tolist()
            message = convert.trajectory_message(now_ns, self.arm_names, joints, self._dt)
        else:
            verdict, motion = self._mover.follow(command.joints, now_ns)
            message = convert.course_message(motion, self.arm_names)
        fingers = [command.fingers] * len(self.finger_names)
        self._gripper.publish(
            convert.trajectory_message(now_ns, self.finger_names, fingers, self._dt)
        )
        self._arm.publish(message)
        return verdict

    @property
    def held(self) -> Verdict:
        """What held the arm back lately; accepted if nothing."""
        return ACCEPTED if self._mover is None else self._mover.held

    def halt(self, now_ns: int) -> None:
        """In real time, brings the arm to rest; in lock-step it stands already."""
        if self._mover is not None:
            motion = self._mover.halt(now_ns)
            self._arm.publish(convert.course_message(motion, self.arm_names))

    def tell(self, stamp_ns: int, command: Command) -> None:
        """Says which command was in force at ``stamp_ns``."""
        names = self.arm_names + self.finger_names
        positions = [*command.joints.tolist(), *[command.fingers] * len(self.finger_names)]
        self._commanded.publish(convert.commanded_message(stamp_ns, names, positions))

    def instruct(self, stamp_ns: int, episode: int, instruction: str) -> None:
        """What the policy is to do from ``stamp_ns`` on; empty text stops it."""
        message = convert.instruction_message(stamp_ns, episode, instruction)
        self._instructions.publish(message)

    def other_owner(self) -> str:
        """Who else publishes commands to the arm, as one line; empty if nobody does."""
        for publisher in (self._arm, self._gripper):
            for info in self._node.get_publishers_info_by_topic(publisher.topic_name):
                name = f"{info.node_namespace.rstrip('/')}/{info.node_name}"
                if name != self._node.get_fully_qualified_name():
                    return f"{publisher.topic_name} is busy: {name} publishes there; stop it first"
        return ""
