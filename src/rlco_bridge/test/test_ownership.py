# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One arm, one owner, also where two go by one name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import rclpy
from rclpy.node import Node
from std_msgs.msg import Empty
from wired import Wired

from rlco_bridge.controllers.ownership import other_publisher


@pytest.fixture
def namesake(wired: Wired) -> Iterator[Node]:
    """Another node with the bridge's name."""
    node = rclpy.create_node("bridge")
    yield node
    node.destroy_node()


def counts(wired: Wired, publishers: int) -> None:
    wired.wait(lambda: wired.bridge.count_publishers("motion") == publishers)


def test_a_bridge_and_its_helper_are_nobody_else(wired: Wired) -> None:
    for node in (wired.bridge, wired.driver):
        node.create_publisher(Empty, "motion", 1)
    counts(wired, 2)
    assert other_publisher(wired.bridge, "motion", "driver") == ""
    assert other_publisher(wired.bridge, "motion") == (
        "motion is busy: /driver publishes there; stop it first"
    )


def test_a_second_bridge_is_somebody_else(wired: Wired, namesake: Node) -> None:
    for node in (wired.bridge, namesake):
        node.create_publisher(Empty, "motion", 1)
    counts(wired, 2)
    assert "/bridge publishes there" in other_publisher(wired.bridge, "motion")
