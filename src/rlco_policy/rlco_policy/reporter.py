# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What the policy node tells about itself: `policy_state`, `/diagnostics` and its log."""

from __future__ import annotations

from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node

from rlco_interfaces.msg import PolicyState
from rlco_policy.convert import state_to_message
from rlco_policy.health import Fault
from rlco_ros.qos import COMMAND

#: Ages of image and joints, s, at a ROS time in nanoseconds.
Ages = Callable[[int], tuple[float, float]]


class Reporter:
    """Publishes what holds, and logs it where it is new."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._told = "inactive"
        self._states = node.create_publisher(PolicyState, "policy_state", COMMAND)
        self._diagnostics = node.create_publisher(DiagnosticArray, "/diagnostics", 1)

    def beat(self, fault: Fault, ages: Ages) -> None:
        """Says what is wrong, if anything."""
        now_ns = int(self._node.get_clock().now().nanoseconds)
        self._states.publish(state_to_message(fault, ages(now_ns), now_ns))

    def tell(self, fault: Fault, ages: Ages) -> None:
        """The same, but only where the reason is another than before."""
        if fault.reason == self._told:
            return
        self._told = fault.reason
        self.beat(fault, ages)
        logger = self._node.get_logger()
        if fault:
            logger.warning(f"{fault.reason}: {fault.detail}", throttle_duration_sec=0.5)
        else:
            logger.info("all that comes is sound", throttle_duration_sec=0.5)

    def diagnose(self, status: DiagnosticStatus) -> None:
        """What the node does, with figures."""
        status.name = f"{self._node.get_fully_qualified_name()}: policy"
        array = DiagnosticArray(status=[status])
        array.header.stamp = self._node.get_clock().now().to_msg()
        self._diagnostics.publish(array)
