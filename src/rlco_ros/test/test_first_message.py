# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A first message is waited for up to a deadline, and no stop is missed."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Timer

import pytest
import rclpy
from rclpy.context import Context
from rclpy.node import Node
from std_msgs.msg import String

from rlco_ros.first_message import first_message
from rlco_ros.qos import LATCHED

PATIENCE_S = 20.0


@pytest.fixture
def node(context: Context) -> Iterator[Node]:
    node = Node("listener", context=context)
    yield node
    node.destroy_node()


def test_what_was_said_is_handed_over(node: Node) -> None:
    publisher = node.create_publisher(String, "word", LATCHED)
    publisher.publish(String(data="here"))
    heard = first_message(node, String, "word", LATCHED, PATIENCE_S)
    assert heard == String(data="here")


def test_silence_ends_with_nothing_and_leaves_nothing(node: Node) -> None:
    assert first_message(node, String, "word", LATCHED, 0.05) is None
    assert node.count_subscribers("/word") == 0


def test_a_shutdown_ends_the_wait(node: Node, context: Context) -> None:
    timer = Timer(0.2, lambda: rclpy.shutdown(context=context))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        first_message(node, String, "word", LATCHED, PATIENCE_S)
    timer.join()
