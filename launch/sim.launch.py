# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""ros2 launch rlco_bringup sim.launch.py task:=push_cube robot:=panda mode:=realtime"""

from __future__ import annotations

from launch import LaunchDescription
from rlco_bringup.describe import described
from rlco_bringup.graph import SimSettings, sim_graph


def generate_launch_description() -> LaunchDescription:
    """The arguments are the fields of SimSettings, the nodes those of ``sim_graph``."""
    return described(SimSettings, sim_graph)
