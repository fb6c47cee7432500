# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What goes out to the arm's and the gripper's controllers, and word of it to the policy."""

from __future__ import annotations

from rclpy.node import Node
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory

from rlco_bridge import convert
from rlco_core.motion import Command
from rlco_core.robot import RobotConfig
from rlco_ros.qos import COMMAND, STATE


class Commander:
    """Publishers of commands.

    Args:
        node: whose publishers these are.
        robot: the arm.
        prefix: of joint names.
        dt: control period, s.

    Attributes:
        arm_names, finger_names: joints by name, prefix included.
    """

    def __init__(self, node: Node, robot: RobotConfig, prefix: str, dt: float) -> None:
        self.arm_names = [prefix + name for name in robot.joint_names]
        self.finger_names = [prefix + name for name in robot.gripper_joint_names]
        self._node, self._dt = node, dt
        self._arm = node.create_publisher(JointTrajectory, robot.controller_topic, COMMAND)
        self._gripper = node.create_publisher(
            JointTrajectory, robot.gripper.controller_topic, COMMAND
        )
        self._commanded = node.create_publisher(JointState, "commanded_joint_states", STATE)

    def send(self, now_ns: int, command: Command) -> None:
        """The command of the period that begins at ``now_ns``."""
        joints, fingers = command.joints.tolist(), [command.fingers] * len(self.finger_names)
        self._gripper.publish(
            convert.trajectory_message(now_ns, self.finger_names, fingers, self._dt)
        )
        self._arm.publish(convert.trajectory_message(now_ns, self.arm_names, joints, self._dt))

    def tell(self, stamp_ns: int, command: Command) -> None:
        """Says which command was in force at ``stamp_ns``."""
        names = self.arm_names + self.finger_names
        positions = [*command.joints.tolist(), *[command.fingers] * len(self.finger_names)]
        self._commanded.publish(convert.commanded_message(stamp_ns, names, positions))

    def other_owner(self) -> str:
        """Who else publishes commands to the arm, as one line; empty if nobody does."""
        for publisher in (self._arm, self._gripper):
            for info in self._node.get_publishers_info_by_topic(publisher.topic_name):
                name = f"{info.node_namespace.rstrip('/')}/{info.node_name}"
                if name != self._node.get_fully_qualified_name():
                    return f"{publisher.topic_name} is busy: {name} publishes there; stop it first"
        return ""
