# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""franka_msgs/FrankaRobotState of the simulated arm, as far as it knows itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import JointState

from rlco_core.kinematics import Kinematics
from rlco_sim import convert
from rlco_sim.drivers.driver import Stand
from rlco_sim.machine.franka import FrankaRobot, RobotMode


class StateMessages:
    """Makes the messages of one arm.

    Args:
        kind: the message type.
        stand: of the driver.
        robot: whose modes they tell.
    """

    def __init__(self, kind: Any, stand: Stand, robot: FrankaRobot) -> None:
        self._kind, self._stand, self._robot = kind, stand, robot
        self._kinematics = Kinematics(stand.robot)

    def message(self, arm: JointState, goal: NDArray[np.float64]) -> Any:
        """The state with joints measured as ``arm`` and told to be at ``goal`` (n,) rad."""
        session, robot = self._stand.session, self._robot
        stamp, frame = session.stamp_ns, self._stand.prefix + self._stand.robot.base_frame
        message = self._kind(robot_mode=int(robot.mode), time=1e-9 * stamp)
        message.header.stamp, message.header.frame_id = convert.time_message(stamp), frame
        message.measured_joint_state = message.measured_joint_motor_state = arm
        message.desired_joint_state = convert.joint_state_message(
            stamp, list(arm.name), goal, np.zeros_like(goal)
        )
        pose = self._kinematics.forward(np.array(arm.position))
        message.o_t_ee = convert.pose_message(stamp, frame, pose)
        force, torque = session.world.arm.load()
        message.o_f_ext_hat_k = convert.wrench_message(stamp, frame, force, torque)
        message.control_command_success_rate = 1.0 if robot.mode is RobotMode.MOVE else 0.0
        message.current_errors.joint_reflex = robot.mode is RobotMode.REFLEX
        message.last_motion_errors.joint_reflex = robot.reflexed
        return message
