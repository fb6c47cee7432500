# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench bridge: the real system beside a real timer, and what stands in for a driver."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from rlco_bridge.driver import DriverConfig
from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig
from rlco_trainer.bench import bridge
from rlco_trainer.bench.bridge import BenchBridgeConfig
from rlco_trainer.bench.timing.node import SETPOINTS, BareTimer, StandIn
from rlco_trainer.cli import main

PANDA = RobotConfig.load("panda")
PATIENCE_S = 20.0


@pytest.fixture
def node() -> Iterator[Node]:
    rclpy.init()
    yield rclpy.create_node("bench_test")
    rclpy.try_shutdown()


def wait(node: Node, done: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < deadline, "nothing happened in time"
        rclpy.spin_once(node, timeout_sec=0.02)


def test_it_measures_the_real_system_beside_a_bare_timer(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    assert main(["bench", "bridge", "--seconds", "2", "--rates", "100", "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    (rate,) = found["rates"]
    assert rate["rate"] == 100.0
    assert min(rate["episodes"], rate["inferences"]) >= 1
    for who in ("setpoints", "timer"):
        assert rate[who]["count"] > 50
        assert 0.0 < rate[who]["p50_ms"] <= rate[who]["p99_ms"] <= rate[who]["max_ms"]
    assert found["within_bar"] == {"100": rate["setpoints"]["p99_ms"] <= found["bar_ms"]}
    assert found["versions"]["onnxruntime"]


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"seconds": 0.5}, "seconds is 0.5; it should be 1.0 or more"),
        ({"rates": ()}, r"rates are \(\); they should lie in \[20, 1000\] per second"),
        ({"rates": (100.0, 2000.0)}, r"rates are \(100.0, 2000.0\); they should lie in"),
    ],
)
def test_what_cannot_be_measured_is_named(settings: dict[str, object], line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        BenchBridgeConfig(**settings)


def test_only_the_bridge_is_told_to_stream(tmp_path: Path) -> None:
    simulator, policy, streamed = bridge.streamed_graph(500.0, tmp_path)
    assert "driver" not in {**simulator.parameters, **policy.parameters}
    assert (streamed.parameters["setpoint_rate"], streamed.parameters["lockstep"]) == (500.0, False)
    arm = DriverConfig.load(streamed.parameters["driver"]).arm
    assert (arm.kind, arm.name) == ("forward_position", SETPOINTS)


def test_the_stand_in_hands_the_newest_set_point_to_the_simulated_arm(node: Node) -> None:
    StandIn(node, PANDA)
    sent: list[JointTrajectory] = []
    node.create_subscription(JointTrajectory, PANDA.controller_topic, sent.append, 10)
    told = node.create_publisher(Float64MultiArray, SETPOINTS, 1)
    told.publish(Float64MultiArray(data=list(PANDA.home)))
    wait(node, lambda: sent)
    (point,) = sent[0].points
    assert list(point.positions) == list(PANDA.home)
    assert sent[0].joint_names == list(PANDA.joint_names)
    assert point.time_from_start.nanosec == 50_000_000


def test_it_reads_what_the_bridge_says_of_its_set_points(node: Node) -> None:
    stand_in = StandIn(node, PANDA)
    publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 1)
    values = [KeyValue(key="count", value="7")]
    others = DiagnosticStatus(name="/bridge_node: bridge", values=[KeyValue(key="a", value="b")])
    status = DiagnosticStatus(name="/bridge_node: set-points", values=values)
    publisher.publish(DiagnosticArray(status=[others, status]))
    wait(node, lambda: stand_in.figures)
    assert stand_in.figures == {"count": "7"}


def test_a_bare_timer_that_is_held_up_was_late(node: Node) -> None:
    timer = BareTimer(node, 100.0)
    wait(node, lambda: timer.lateness.summary().count >= 5)
    time.sleep(0.1)
    wait(node, lambda: timer.lateness.summary().missed >= 5)
    assert timer.lateness.summary().max_ms >= 60.0
