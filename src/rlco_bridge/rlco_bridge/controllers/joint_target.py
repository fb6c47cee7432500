# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""crisp_controllers' ``target_joint``: where an impedance pulls the joints.

It takes positions by their place and ignores names, and it obeys nobody while there are two
publishers.
"""

from __future__ import annotations

import array
from collections.abc import Sequence

from sensor_msgs.msg import JointState

from rlco_bridge.streaming.player import Setpoint
from rlco_core.robot import RobotConfig
from rlco_core.stamps import set_stamp


class Messages:
    """See ``SetpointMessages``."""

    type, lockstep, persists = JointState, True, False

    def __init__(self, robot: RobotConfig, joints: Sequence[str], base_frame: str) -> None:
        self._message = JointState(name=list(joints))

    def make(self, setpoint: Setpoint) -> JointState:
        """Positions, rad, and velocities, rad/s."""
        set_stamp(self._message.header.stamp, setpoint.stamp_ns)
        self._message.position = array.array("d", setpoint.joints.tobytes())
        self._message.velocity = array.array("d", setpoint.velocity.tobytes())
        return self._message
