# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A recorder beside a system that runs already, as record.launch.py starts it: real time."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from geometry_msgs.msg import TwistStamped
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from rlco_bringup.recording import RecordSettings, record_graph
from rlco_bringup.up import System, profile_environment
from rlco_interfaces.msg import ExecutedAction, Verdict
from rlco_policy.shipped import shipped_bundle
from rlco_ros.qos import STATE
from rlco_trainer.lerobot import Dataset, Episode

PATIENCE = 180.0
#: Control periods in which the person is at the device, and in which a word ends the episode.
ACTS, WORD = range(8, 16), 40


class Witness(Node):
    """Hears what the arm does.

    Attributes:
        step: of the newest control period.
    """

    def __init__(self, context: Context) -> None:
        super().__init__("witness", context=context)
        self.step = -1
        self.create_subscription(ExecutedAction, "executed_action", self._on_act, STATE)

    def _on_act(self, act: ExecutedAction) -> None:
        self.step = act.step


class Person(Node):
    """Moves the arm up for a while, and then says that it was well done."""

    def __init__(self, context: Context) -> None:
        super().__init__("person", context=context)
        self._twists = self.create_publisher(TwistStamped, "teleop/twist", STATE)
        self._verdicts = self.create_publisher(Verdict, "verdict", STATE)
        self.create_subscription(ExecutedAction, "executed_action", self._on_act, STATE)

    def _on_act(self, act: ExecutedAction) -> None:
        if act.step in ACTS:
            twist = TwistStamped()
            twist.twist.linear.z = 0.05
            self._twists.publish(twist)
        if act.step >= WORD:
            self._verdicts.publish(Verdict(episode=act.episode, success=True))


@pytest.fixture
def executor() -> Iterator[SingleThreadedExecutor]:
    """For those who look on, or join in."""
    os.environ.update(profile_environment())
    context = Context()
    context.init()
    made = SingleThreadedExecutor(context=context)
    yield made
    made.shutdown()
    context.try_shutdown()


def record(out: Path, executor: SingleThreadedExecutor, device: str, **more: Any) -> Episode:
    """The one episode of a recorder that is attached; ``executor`` spins meanwhile."""
    command = ["rlco", "record", "--attach", "--device", device, "--out", str(out)]
    with subprocess.Popen([*command, "--episodes", "1"], **more) as process:
        until = time.monotonic() + PATIENCE
        try:
            while process.poll() is None:
                assert time.monotonic() < until, "it takes too long"
                executor.spin_once(timeout_sec=0.05)
        finally:
            process.kill()
    assert process.returncode == 0
    return Dataset.open(out).episode(0)


def test_interventions_are_kept_though_nobody_told_the_recorder_of_the_policy(
    tmp_path: Path, executor: SingleThreadedExecutor
) -> None:
    executor.add_node(Person(executor.context))
    bundle = str(shipped_bundle())
    settings = RecordSettings(bundle=bundle, device="twist", real_time_factor=0.5)
    with System(record_graph(settings), "", tmp_path):
        episode = record(tmp_path / "attached", executor, "twist")
    marked = episode.intervention
    assert episode.metadata["success"] is True
    assert marked.any()
    assert not marked[: ACTS.start].any(), "the policy acts until then"
    assert not marked[-5:].any(), "and afterwards"


def test_keys_move_an_arm_that_waits_for_twists(
    tmp_path: Path, executor: SingleThreadedExecutor
) -> None:
    """In a simulation nobody is asked for a deadman, which a keyboard could not hold."""
    witness, (typed, own) = Witness(executor.context), pty.openpty()
    executor.add_node(witness)

    def type_on() -> None:
        while select.select([typed], [], [], 0.0)[0]:
            os.read(typed, 65536)
        os.write(typed, b"r" if witness.step < WORD else b"y")

    witness.create_timer(0.1, type_on)
    settings = RecordSettings(device="twist", real_time_factor=0.5)
    with System(record_graph(settings), "", tmp_path):
        episode = record(tmp_path / "typed", executor, "keyboard", stdin=own, stdout=own)
    assert episode.metadata["success"] is True
    assert episode.states[-1, 2] > episode.states[0, 2] + 0.05, "m up"
    assert not episode.intervention.any()
    for end in (typed, own):
        os.close(end)
