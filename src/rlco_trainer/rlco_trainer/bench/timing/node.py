# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What listens to set-points in a bench, and what the bridge's set-points are held against.

    python -m rlco_trainer.bench.timing.node RATE SECONDS

runs the second: a timer of rclpy in a process that does nothing else. It prints how late it was.
"""

from __future__ import annotations

import json
import sys
import time
from array import array

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from rlco_bridge.convert import trajectory_message
from rlco_bridge.streaming.lateness import Lateness
from rlco_core.robot import RobotConfig
from rlco_ros.run import shut_down
from rlco_sim.session import DT

SETPOINTS, TIMED = "forward_position_controller/commands", "bench_timer/commands"
_SPIN = 0.1
#: Depth of queues, reliable ones: as the bridge's for commands.
_NEWEST = 1


class StandIn:
    """Stands in for a driver that takes set-points, before a simulator that takes trajectories.

    Args:
        node: that listens; it hears the bare timer, too, so that both publish to somebody.
        robot: the arm.

    Attributes:
        figures: what the bridge says of its set-points, by name.
    """

    def __init__(self, node: Node, robot: RobotConfig) -> None:
        self._joints = list(robot.joint_names)
        self._newest: array[float] | None = None
        self.figures: dict[str, str] = {}
        self._arm = node.create_publisher(JointTrajectory, robot.controller_topic, _NEWEST)
        node.create_subscription(Float64MultiArray, SETPOINTS, self._on_setpoint, _NEWEST)
        node.create_subscription(Float64MultiArray, TIMED, lambda message: None, _NEWEST)
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)
        node.create_timer(DT, self._move)

    def _on_setpoint(self, message: Float64MultiArray) -> None:
        self._newest = message.data

    def _move(self) -> None:
        if self._newest is not None:
            self._arm.publish(trajectory_message(0, self._joints, self._newest, DT))
            self._newest = None

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name.endswith(": set-points"):
                self.figures = {entry.key: entry.value for entry in status.values}


class BareTimer:
    """Publishes what the bridge would, from a timer of ``rate`` per second."""

    def __init__(self, node: Node, rate: float) -> None:
        self.lateness = Lateness()
        self._period_ns, self._due_ns = round(1e9 / rate), 0
        self._message = Float64MultiArray()
        self._publisher = node.create_publisher(Float64MultiArray, TIMED, _NEWEST)
        self._timer = node.create_timer(1.0 / rate, self._on_time)

    def _on_time(self) -> None:
        now = time.monotonic_ns()
        self._message.data = array("d", [0.0] * 7)
        self._publisher.publish(self._message)
        # The timer has set its next time before it called; it leaves out what it has missed.
        due = time.monotonic_ns() + self._timer.time_until_next_call()
        if self._due_ns:
            missed = round((due - self._due_ns) / self._period_ns) - 1
            self.lateness.add(now - self._due_ns, missed)
        self._due_ns = due


def main(rate: float, seconds: float) -> None:
    """Runs the timer and prints its lateness."""
    rclpy.init()
    node = rclpy.create_node("bench_timer")
    timer = BareTimer(node, rate)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=_SPIN)
    print(json.dumps(timer.lateness.summary().to_dict()))
    shut_down()


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
