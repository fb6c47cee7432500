# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The driver that is nobody's: trajectories for arm and gripper, joint states once a period.

In lock-step an instant is answered when both, arm's and gripper's, have a trajectory stamped so.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory

from rlco_core.errors import ConfigError
from rlco_core.stamps import stamp_to_ns
from rlco_ros.qos import COMMAND, STATE
from rlco_sim import convert
from rlco_sim.drivers.driver import Driver, Stand
from rlco_sim.session import DT_NS
from rlco_sim.trajectory_controller import TrajectoryController


class PlainDriver(Driver):
    """Ends of the two controllers.

    Attributes:
        controllers: by part.
    """

    awaited = ("arm", "gripper")

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        node, robot = stand.node, stand.robot
        self.begin()
        self._joint_states = node.create_publisher(JointState, robot.joint_states_topic, STATE)
        topics = {"arm": robot.controller_topic, "gripper": robot.gripper.controller_topic}
        for part, topic in topics.items():
            node.create_subscription(JointTrajectory, topic, partial(self._take, part), COMMAND)

    def begin(self) -> None:
        """The controllers hold where the arm is."""
        stand, session = self._stand, self._stand.session
        fingers = np.full(len(stand.finger_names), session.fingers)
        self.controllers = {
            "arm": TrajectoryController(stand.arm_names, session.joint_positions),
            "gripper": TrajectoryController(stand.finger_names, fingers),
        }

    def advance(self, part: int) -> None:
        """A whole control period."""
        session = self._stand.session
        then = session.stamp_ns + DT_NS
        arm, gripper = (self.controllers[part].at(then).joints for part in ("arm", "gripper"))
        session.advance(arm, float(gripper[0]))

    def say(self) -> None:
        """All joints."""
        stand, session = self._stand, self._stand.session
        names = stand.arm_names + stand.finger_names
        self._joint_states.publish(
            convert.joint_state_message(session.stamp_ns, names, *session.joint_state())
        )

    def _take(self, part: str, message: JointTrajectory) -> None:
        """A trajectory for a controller; one that it rejects is logged and dropped."""
        stamp, now = stamp_to_ns(message.header.stamp), self._stand.session.stamp_ns
        try:
            points = convert.points_of(message)
            self.controllers[part].accept(message.joint_names, points, stamp, now)
        except ConfigError as error:
            self._stand.complain(str(error))
        else:
            self._stand.answer(part, stamp)
