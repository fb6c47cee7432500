# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""ros2 launch rlco_bringup record.launch.py task:=open_drawer device:=joy

What ``rlco record --attach`` records; with device:=none, what ``rlco replay --attach`` plays in.
"""

from __future__ import annotations

from launch import LaunchDescription
from rlco_bringup.describe import described
from rlco_bringup.recording import RecordSettings, record_graph


def generate_launch_description() -> LaunchDescription:
    """The arguments are the fields of RecordSettings, the nodes those of ``record_graph``."""
    return described(RecordSettings, record_graph)
