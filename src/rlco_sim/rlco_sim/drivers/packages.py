# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Message packages of robots' drivers, which are no part of every ROS installation."""

from __future__ import annotations

from typing import Any

from rlco_core.errors import ConfigError
from rlco_ros.optional import interface
from rlco_sim.drivers.driver import Stand


def kind(stand: Stand, path: str, use: str) -> Any:
    """The message type at ``path``, such as control_msgs.action.GripperCommand; None where its
    package is not installed: then the stand remembers that the robot is without ``use``.
    """
    package, sort, name = path.split(".")
    try:
        return interface(package, sort, name, use)
    except ConfigError:
        uses = stand.missing.setdefault(package, [])
        if use not in uses:
            uses.append(use)
        return None
