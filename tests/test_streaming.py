# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""An arm that is told set-points one by one, when its bridge fails."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import rclpy
from std_msgs.msg import Float64MultiArray

from rlco_bridge.client import EpisodeClient, SystemNotReady
from rlco_bringup.up import System
from rlco_core.robot import RobotConfig
from rlco_trainer.bench.bridge import streamed_graph
from rlco_trainer.bench.timing.node import SETPOINTS, StandIn

PANDA = RobotConfig.load("panda")
REACH_RAD = 0.05
SILENT_S, PATIENCE_S = 1.0, 20.0
Running = tuple[System, EpisodeClient, list[tuple[float, np.ndarray]]]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A system whose bridge says set-points, and all that it says, with when."""
    said: list[tuple[float, np.ndarray]] = []
    with ExitStack() as stack:
        system = stack.enter_context(System(streamed_graph(100.0, tmp_path), log_dir=tmp_path))
        client = EpisodeClient(PANDA)
        stack.callback(client.close)
        StandIn(client.node, PANDA)
        client.node.create_subscription(
            Float64MultiArray,
            SETPOINTS,
            lambda message: said.append((time.monotonic(), np.array(message.data))),
            1000,
        )
        client.wait_for_system(60.0)
        deadline = time.monotonic() + 60.0
        while not client.run("push_cube", 10_000, max_steps=20).steps:
            assert time.monotonic() < deadline, system.log("bridge_node")
        yield system, client, said


def failing(system: System, how: signal.Signals) -> Callable[[int], None]:
    """Sends the bridge a signal once it moves the arm."""
    sent: list[int] = []

    def during(step: int) -> None:
        if step >= 5 and not sent:
            sent.append(step)
            system.processes["bridge_node"].send_signal(how)

    return during


def hear_out(client: EpisodeClient, said: list[tuple[float, np.ndarray]]) -> None:
    """Listens until the set-points have fallen silent."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() - said[-1][0] < SILENT_S:
        rclpy.spin_once(client.node, timeout_sec=0.1)
        assert time.monotonic() < deadline, "it falls silent"


def run_to_the_end(system: System, client: EpisodeClient, how: signal.Signals) -> None:
    """A busy machine may end an episode before its bridge is told to fail; then another is run."""
    for _ in range(10):
        client.run("push_cube", 10_000, during=failing(system, how), timeout=8.0)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP, signal.SIGINT])
def test_the_arm_comes_to_rest_where_its_bridge_does_not_go_on(
    running: Running, how: signal.Signals
) -> None:
    system, client, said = running
    with pytest.raises(SystemNotReady):
        run_to_the_end(system, client, how)
    hear_out(client, said)
    joints = np.array([row for _, row in said])
    assert np.abs(np.diff(joints[-40:], axis=0)).max() < REACH_RAD
    assert (joints[-10:] == joints[-1]).all(), "the last set-point is said again"
    assert not np.allclose(joints[-60:], joints[-1], atol=1e-3), "it moved before"
    if how == signal.SIGSTOP:
        system.processes["bridge_node"].kill()
