# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The interlock: what stops the arm, that it latches, and who lets it go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile
from std_msgs.msg import Bool, Empty
from std_srvs.srv import Trigger

from rlco_bridge.episode import Outcome
from rlco_bridge.interlock import Interlock
from rlco_bridge.watchdog import Watchdog
from rlco_ros.qos import COMMAND, SENSOR

SUCCESS, FAULT = Outcome("success"), Outcome("limit", "too fast")


class Cell:
    """A node with an interlock, and a person's hands."""

    def __init__(self) -> None:
        self.node: Node = rclpy.create_node("cell")
        self.now = 0.0
        self.stops: list[Outcome] = []
        self.told: list[Outcome] = []
        self.fault: Outcome | None = None
        self.readied = 0

    def interlock(self, auto_arm: bool = True, deadman: float = 0.0) -> Interlock:
        watchdog = Watchdog(deadman, lambda: self.now) if deadman else None
        made = Interlock(
            self.node,
            auto_arm=auto_arm,
            deadman=watchdog,
            fault=lambda: self.fault,
            stop=self.stops.append,
            tell=self.told.append,
            ready=self.ready,
        )
        self._services = {
            name: self.node.create_client(Trigger, f"cell/{name}") for name in ("stop", "arm")
        }
        self._deadman = self.node.create_publisher(Bool, "deadman", SENSOR)
        return made

    def ready(self) -> None:
        self.readied += 1

    def wait(self, done: Callable[[], Any]) -> None:
        deadline = time.monotonic() + 30.0
        while not done():
            assert time.monotonic() < deadline, "nothing happened in time"
            rclpy.spin_once(self.node, timeout_sec=0.02)

    def call(self, name: str) -> Trigger.Response:
        client = self._services[name]
        self.wait(client.service_is_ready)
        answer = client.call_async(Trigger.Request())
        self.wait(answer.done)
        return answer.result()

    def say_stop(self, quality: QoSProfile = COMMAND) -> None:
        stop = self.node.create_publisher(Empty, "software_stop", quality)
        self.wait(lambda: stop.get_subscription_count() > 0)
        stop.publish(Empty())

    def hold(self, held: bool) -> None:
        self.wait(lambda: self._deadman.get_subscription_count() > 0)
        self._deadman.publish(Bool(data=held))


@pytest.fixture
def cell(ros: None) -> Iterator[Cell]:
    cell = Cell()
    yield cell
    cell.node.destroy_node()


def test_armed_by_itself_it_stays_armed_after_faults(cell: Cell) -> None:
    interlock = cell.interlock()
    for outcome in (SUCCESS, FAULT):
        interlock.ended(outcome)
        assert (interlock.armed, interlock.problem) == (True, "")


def test_otherwise_it_is_armed_by_a_person_at_first_and_after_every_fault(cell: Cell) -> None:
    interlock = cell.interlock(auto_arm=False)
    assert interlock.problem == "the arm may not move: it was not armed yet; call /cell/arm"
    assert cell.call("arm").success
    assert (interlock.problem, cell.readied) == ("", 1)
    interlock.ended(SUCCESS)
    assert interlock.armed
    interlock.ended(FAULT)
    assert interlock.problem == "the arm may not move: limit: too fast; call /cell/arm"
    assert cell.call("arm").message == "armed"
    assert interlock.armed


def test_before_the_first_arming_it_tells_what_is_in_the_way(cell: Cell) -> None:
    """People look on before they let it move; nothing is stopped, as nothing was let go."""
    interlock = cell.interlock(auto_arm=False)
    interlock.begin()
    unarmed = Outcome("", "it was not armed yet")
    stopped = Outcome("program_stopped", "External Control does not run for 1 s")
    for fault in (None, stopped, replace(stopped, detail="for 2 s"), None):
        cell.fault = fault
        interlock.watch(running=False)
    assert cell.told == [unarmed, stopped, unarmed]
    cell.call("arm")
    interlock.ended(FAULT)
    cell.fault = stopped
    interlock.watch(running=False)
    assert cell.told == [unarmed, stopped, unarmed], "what latched stays in sight"
    assert cell.stops == []


def test_activated_again_it_tells_what_is_latched(cell: Cell) -> None:
    interlock = cell.interlock(auto_arm=False)
    cell.call("arm")
    interlock.begin()
    assert (cell.told, cell.readied) == ([], 2)
    interlock.ended(FAULT)
    interlock.begin()
    assert cell.told == [FAULT]


@pytest.mark.parametrize("by", ["service", COMMAND, SENSOR], ids=["service", "topic", "hasty"])
def test_a_software_stop_latches_whatever_is_configured(cell: Cell, by: str | QoSProfile) -> None:
    interlock = cell.interlock()
    if isinstance(by, str):
        assert cell.call("stop").success
        detail = "the service stop was called"
    else:
        cell.say_stop(by)
        cell.wait(lambda: cell.stops)
        detail = "a message on /software_stop"
    assert cell.stops == [Outcome("software_stop", detail)]
    assert detail in interlock.problem
    interlock.ended(cell.stops[0])
    assert not interlock.armed
    cell.call("arm")
    assert interlock.armed


def test_nothing_runs_while_nobody_holds_the_deadman(cell: Cell) -> None:
    interlock = cell.interlock(deadman=0.2)
    assert interlock.problem == "/deadman is not held"
    cell.hold(True)
    cell.wait(lambda: not interlock.problem)
    interlock.watch(running=True)
    assert cell.stops == []
    cell.now = 0.3
    assert interlock.problem == "nothing on /deadman for more than 0.2 s"
    interlock.watch(running=False)
    assert cell.stops == [], "there was nothing to stop"
    interlock.watch(running=True)
    assert cell.stops == [Outcome("deadman", "nothing on /deadman for more than 0.2 s")]
    assert not interlock.armed


def test_a_released_deadman_stops_and_must_be_held_to_arm(cell: Cell) -> None:
    interlock = cell.interlock(deadman=0.2)
    cell.hold(True)
    cell.wait(lambda: not interlock.problem)
    cell.hold(False)
    cell.wait(lambda: interlock.problem)
    interlock.watch(running=True)
    assert cell.stops[0].stop_reason == "deadman"
    answer = cell.call("arm")
    assert (answer.success, answer.message) == (False, "not armed: /deadman is not held")
    cell.hold(True)
    cell.wait(lambda: not interlock._released())
    assert not interlock.armed, "holding it again is not enough"
    assert cell.call("arm").success
    assert interlock.problem == ""


@pytest.mark.parametrize("running", [True, False])
def test_a_fault_of_the_robot_latches_until_it_is_gone_and_somebody_arms(
    cell: Cell, running: bool
) -> None:
    interlock = cell.interlock()
    interlock.watch(running)
    assert cell.stops == []
    cell.fault = Outcome("protective_stop", "protective stop; look why")
    interlock.watch(running)
    assert cell.stops == [cell.fault]
    interlock.watch(False)
    assert len(cell.stops) == 1, "it is said once"
    refused = cell.call("arm")
    assert not refused.success
    assert refused.message == "not armed: protective_stop: protective stop; look why"
    cell.fault = None
    interlock.watch(False)
    assert not interlock.armed
    assert "protective_stop" in interlock.problem
    assert cell.call("arm").success
    assert interlock.armed
