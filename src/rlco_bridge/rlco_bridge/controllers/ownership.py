# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""An arm has one owner."""

from __future__ import annotations

from rclpy.node import Node


def other_publisher(node: Node, topic: str) -> str:
    """Who else publishes on ``topic``, as one line; empty if nobody does."""
    for info in node.get_publishers_info_by_topic(topic):
        name = f"{info.node_namespace.rstrip('/')}/{info.node_name}"
        if name != node.get_fully_qualified_name():
            return f"{topic} is busy: {name} publishes there; stop it first"
    return ""
