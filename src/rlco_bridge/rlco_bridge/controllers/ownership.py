# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""An arm has one owner."""

from __future__ import annotations

from rclpy.node import Node

#: What a node is called whose publisher was discovered before itself.
_UNKNOWN = "_NODE_NAME_UNKNOWN_"


def other_publisher(node: Node, topic: str, helper: str = "") -> str:
    """Who else publishes on ``topic``, as one line; empty if nobody does but ``node`` and the node
    ``helper`` in its namespace, each once: ROS lets two nodes have one name.
    """
    ours = [node.get_name(), helper]
    for info in node.get_publishers_info_by_topic(topic):
        if info.node_name == _UNKNOWN:
            return f"it is not known yet who publishes on {topic}; try again in a moment"
        name = f"{info.node_namespace.rstrip('/')}/{info.node_name}"
        if info.node_namespace != node.get_namespace() or info.node_name not in ours:
            return f"{topic} is busy: {name} publishes there; stop it first"
        ours.remove(info.node_name)
    return ""
