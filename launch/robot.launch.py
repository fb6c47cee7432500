# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""ros2 launch rlco_bringup robot.launch.py robot:=ur5e task:=close_drawer bundle:=my_cell/bundle

The robot's own driver and the camera are launched beside it, or ``use_mock_hardware:=true``.
"""

from __future__ import annotations

from launch import LaunchDescription
from rlco_bringup.describe import described
from rlco_bringup.graph import RobotSettings, robot_graph


def generate_launch_description() -> LaunchDescription:
    """The arguments are the fields of RobotSettings, the nodes those of ``robot_graph``."""
    return described(RobotSettings, robot_graph)
