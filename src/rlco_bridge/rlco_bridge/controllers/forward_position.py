# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""forward_position_controller: positions in the controller's own joint order (UR's servoj)."""

from __future__ import annotations

import array
from collections.abc import Sequence

from std_msgs.msg import Float64MultiArray

from rlco_bridge.streaming.player import Setpoint
from rlco_core.robot import RobotConfig


class Messages:
    """See ``SetpointMessages``. The controller's ``joints`` must be in the robot's order."""

    type, lockstep, persists = Float64MultiArray, True, False

    def __init__(self, robot: RobotConfig, joints: Sequence[str], base_frame: str) -> None:
        self._message = Float64MultiArray()

    def make(self, setpoint: Setpoint) -> Float64MultiArray:
        """Positions, rad."""
        self._message.data = array.array("d", setpoint.joints.tobytes())
        return self._message
