# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Force and torque on the tool, as drivers tell them."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import WrenchStamped
from numpy.typing import NDArray
from rclpy.qos import QoSProfile

from rlco_core.kinematics import Kinematics
from rlco_sim import convert
from rlco_sim.drivers.driver import Stand


class WrenchEnd:
    """Tells what acts on the arm's last link and what hangs on it, about that link and in the
    axes of the end effector; of the newest step of physics, unfiltered. Neither weight nor inertia
    of the tool is in it, nor what touches the arm elsewhere.

    Args:
        stand: of the driver.
        topic, frame: under which it is told.
        quality: of the topic.
        offset: (2, 3) N and N m that are told where nothing acts.
    """

    def __init__(
        self,
        stand: Stand,
        topic: str,
        frame: str,
        quality: QoSProfile,
        offset: NDArray[np.float64],
    ) -> None:
        self._stand, self._frame, self._offset = stand, stand.prefix + frame, offset
        self._leaning = 0.0
        self._kinematics = Kinematics(stand.robot)
        self._publisher = stand.node.create_publisher(WrenchStamped, topic, quality)

    def lean(self, newtons: float) -> None:
        """From now on so much more force is told along the tool, as if somebody leaned on it."""
        self._leaning = newtons

    def say(self) -> None:
        """As it is now."""
        session = self._stand.session
        turn = self._kinematics.forward(session.joint_positions).rotation
        force, torque = np.array(session.world.arm.load()) @ turn + self._offset
        force[2] += self._leaning
        self._publisher.publish(
            convert.wrench_message(session.stamp_ns, self._frame, force, torque)
        )
