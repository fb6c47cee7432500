# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""`rlco run` in a system that runs: success is said, and Ctrl-C calls the episode off."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable

import rclpy

from rlco_interfaces.msg import SafetyState
from rlco_ros.qos import LATCHED

PATIENCE_S = 60.0


def rlco_run(*words: str) -> subprocess.Popen[str]:
    command = ["rlco", "run", "--task", "push_cube", "--seed", "10000", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)


def test_episodes_are_run_one_after_the_other(start: Callable) -> None:
    start()
    command = rlco_run("--episodes", "2")
    said, errors = command.communicate(timeout=PATIENCE_S)
    assert command.returncode == 0, errors
    lines = [line for line in said.splitlines() if line[:4] in ("1/2 ", "2/2 ")]
    assert len(lines) == 2
    assert all(" success after " in line for line in lines)


def test_an_interrupt_calls_the_episode_off(start: Callable) -> None:
    _, client = start(mode="realtime")
    states: list[SafetyState] = []
    client.node.create_subscription(SafetyState, "safety_state", states.append, LATCHED)

    def wait_for(mode: int) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not states or states[-1].mode != mode:
            assert time.monotonic() < deadline, "it does not come to that"
            rclpy.spin_once(client.node, timeout_sec=0.05)

    command = rlco_run()
    wait_for(SafetyState.RUNNING)
    command.send_signal(signal.SIGINT)
    _, errors = command.communicate(timeout=PATIENCE_S)
    assert (command.returncode, errors.strip()) == (130, "rlco run: stopped")
    wait_for(SafetyState.HOLDING)
    assert (states[-1].reason, states[-1].detail) == ("canceled", "canceled by the client")
