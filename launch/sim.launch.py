# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""ros2 launch rlco_bringup sim.launch.py task:=push_cube robot:=panda mode:=realtime"""

from __future__ import annotations

from launch import LaunchDescription
from rlco_bringup.description import describe
from rlco_bringup.graph import SimSettings, sim_graph


def generate_launch_description() -> LaunchDescription:
    """Simulator, policy and bridge."""
    return describe(SimSettings, sim_graph)
