# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Hears what the bridge tells an arm's controller, and what it played."""

from __future__ import annotations

import bisect
import time
from collections.abc import Mapping

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from rlco_core.errors import RlcoError
from rlco_core.robot import RobotConfig
from rlco_core.stamps import stamp_to_ns
from rlco_interfaces.msg import ExecutedAction
from rlco_trainer.bench.motion.modified import Executed
from rlco_trainer.bench.motion.played import Sent

#: Messages that wait for us: none is to be lost.
_ALL = 10_000
_EVERY = QoSProfile(depth=_ALL, reliability=ReliabilityPolicy.RELIABLE)
_CLOCK = QoSProfile(depth=_ALL, reliability=ReliabilityPolicy.BEST_EFFORT)
_POLL, _PATIENCE = 0.05, 60.0
_NS = 1_000_000_000


class Ear:
    """Hears everything while somebody spins its node.

    When a trajectory was there is told by the middleware, which notes it for every message, also
    where this process is busy then.

    Args:
        node: that listens.
        robot: whose controllers.
        setpoints: topic of set-points, where they are told one by one; else trajectories are.

    Attributes:
        executed: periods that the bridge played.
        torn, gap: motion that came too late to be told as it was made, from the bridge's start on,
            and by how much at most, rad, as the process that says set-points tells.
    """

    def __init__(self, node: Node, robot: RobotConfig, setpoints: str) -> None:
        self._node = node
        self._times: list[tuple[int, int]] = []
        self._rest: list[NDArray[np.float64]] = []
        self._setpoints: list[NDArray[np.float64]] = []
        self.torn, self.gap = 0, 0.0
        self.begin()
        node.create_subscription(Clock, "/clock", self._on_clock, _CLOCK)
        node.create_subscription(ExecutedAction, "executed_action", self._on_executed, _EVERY)
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, _EVERY)
        if setpoints:
            node.create_subscription(Float64MultiArray, setpoints, self._on_setpoint, _EVERY)
        else:
            topic = robot.controller_topic
            node.create_subscription(JointTrajectory, topic, self._on_trajectory, _EVERY)

    def begin(self) -> None:
        """Forgets what it heard, but for where the arm rests; that may still be repeated."""
        del self._times[:-1]
        self._trajectories: list[tuple[int, JointTrajectory]] = []
        self._rest, self._setpoints = self._setpoints[-1:], []
        self.executed: list[Executed] = []

    def hear_out(self, seconds: float) -> None:
        """Lets simulated time pass.

        Raises:
            RlcoError: it does not.
        """
        end, deadline = self._now_ns + round(seconds * _NS), time.monotonic() + _PATIENCE
        while self._now_ns < end:
            if time.monotonic() > deadline:
                raise RlcoError(f"{seconds:g} s of simulated time did not pass in {_PATIENCE:g} s")
            rclpy.spin_once(self._node, timeout_sec=_POLL)

    def sent(self) -> list[Sent]:
        """Trajectories, in the order in which they came."""
        return [_sent(self._clock_at(received), one) for received, one in self._trajectories]

    def setpoints(self) -> NDArray[np.float64]:
        """(T, n) rad."""
        return np.array(self._setpoints)

    @property
    def _now_ns(self) -> int:
        return self._times[-1][1] if self._times else 0

    def _clock_at(self, received_ns: int) -> int:
        """Simulated time when something was received."""
        place = bisect.bisect_right(self._times, received_ns, key=lambda row: row[0])
        return self._times[max(place - 1, 0)][1]

    def _on_clock(self, message: Clock, info: Mapping[str, int]) -> None:
        self._times.append((info["received_timestamp"], stamp_to_ns(message.clock)))

    def _on_trajectory(self, message: JointTrajectory, info: Mapping[str, int]) -> None:
        self._trajectories.append((info["received_timestamp"], message))

    def _on_setpoint(self, message: Float64MultiArray) -> None:
        setpoint = np.array(message.data)
        repeated = not self._setpoints and any(np.array_equal(setpoint, one) for one in self._rest)
        if not repeated:
            self._setpoints.append(setpoint)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            told = {entry.key: entry.value for entry in status.values}
            if "torn" in told:
                self.torn, self.gap = int(float(told["torn"])), float(told["gap_rad"])

    def _on_executed(self, message: ExecutedAction) -> None:
        action, told = np.array(message.action, np.float64), np.array(message.told)
        self.executed.append(Executed(message.step, action, told[:-1]))


def _sent(heard_ns: int, message: JointTrajectory) -> Sent:
    after = [stamp_to_ns(point.time_from_start) for point in message.points]
    return Sent(
        heard_ns,
        stamp_to_ns(message.header.stamp),
        np.array(after, dtype=np.int64),
        np.array([point.positions for point in message.points]),
        np.array([point.velocities for point in message.points]),
        np.array([point.accelerations for point in message.points]),
    )
