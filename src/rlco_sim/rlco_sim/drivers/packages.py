# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Message packages of robots' drivers, which are no part of every ROS installation."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from rclpy.node import Node


def kind(node: Node, path: str, use: str) -> Any:
    """The message type at ``path``, such as control_msgs.action.GripperCommand; None, and a line in
    the log that says what is left out, where its package is not installed.
    """
    module, name = path.rsplit(".", 1)
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError):
        package = path.split(".")[0]
        node.get_logger().warning(f"{package} is not installed with {name}: without {use}")
        return None
