# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Message packages of robots' drivers, which are no part of every ROS installation."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from rlco_sim.drivers.driver import Stand


def kind(stand: Stand, path: str, use: str) -> Any:
    """The message type at ``path``, such as control_msgs.action.GripperCommand; None where its
    package is not installed: then the stand remembers that the robot is without ``use``.
    """
    module, name = path.rsplit(".", 1)
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError):
        uses = stand.missing.setdefault(path.split(".")[0], [])
        if use not in uses:
            uses.append(use)
        return None
