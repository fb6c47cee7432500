# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Two nodes on real topics: one that is tried, and one that plays the robot's driver."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node


class Wired:
    """A bridge's node and a driver's, spun together."""

    def __init__(self) -> None:
        self.bridge: Node = rclpy.create_node("bridge")
        self.driver: Node = rclpy.create_node("driver")
        self._executor = SingleThreadedExecutor()
        for node in (self.bridge, self.driver):
            self._executor.add_node(node)

    def close(self) -> None:
        """Leaves the graph."""
        self._executor.shutdown()
        self.bridge.destroy_node()
        self.driver.destroy_node()

    def wait(self, done: Callable[[], Any]) -> None:
        """Lets both go on until ``done``."""
        deadline = time.monotonic() + 30.0
        while not done():
            assert time.monotonic() < deadline, "nothing happened in time"
            self._executor.spin_once(timeout_sec=0.02)
