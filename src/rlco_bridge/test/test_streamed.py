# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Controllers that are told set-points one by one, on real topics, by their real process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import rclpy
from courses import DT, HOME, PANDA
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from std_msgs.msg import Float64MultiArray

from rlco_bridge.controllers.make import make_arm_controller
from rlco_bridge.controllers.setpoint_messages import STREAMED
from rlco_bridge.controllers.streamed import StreamedController
from rlco_bridge.driver import ArmDriver
from rlco_bridge.mover import Mover
from rlco_core.errors import ConfigError
from rlco_core.motion import ActionPath

PATIENCE_S = 30.0
ACTION = np.array([0.008, 0.004, 0.0, 0.0, 0.0, 0.0, 1.0], np.float32)


class Cell:
    """A bridge's node with a controller, and whoever listens to it."""

    def __init__(self) -> None:
        self.node: Node = rclpy.create_node("bridge_test", namespace="cell")
        self.robot: Node = rclpy.create_node("robot", namespace="cell")
        self.heard: list[Any] = []
        self._made: list[StreamedController] = []
        self._mover, self._path = Mover(PANDA, DT, 100.0), ActionPath(PANDA, DT)

    def controller(self, kind: Any, rate: float | None = 100.0) -> StreamedController:
        made = make_arm_controller(
            self.node, ArmDriver(kind=kind, name="set_points"), PANDA, "left_", rate
        )
        assert isinstance(made, StreamedController)
        self._made.append(made)
        return made

    def listen(self, controller: StreamedController) -> None:
        self.robot.create_subscription(
            controller._messages.type, "set_points", self.heard.append, 100
        )
        self.wait(lambda: not controller.problem())

    def wait(self, done: Callable[[], Any]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < deadline, "nothing happened in time"
            for node in (self.node, self.robot):
                rclpy.spin_once(node, timeout_sec=0.005)

    def move(self, controller: StreamedController, commands: int = 6) -> np.ndarray:
        """Commands, as a bridge gives them; returns where the arm comes to rest."""
        self._mover.begin(HOME, self._now())
        for _ in range(commands):
            begun = time.monotonic()
            course = self._mover.follow(self._path.step(ACTION).joints, self._now())[1]
            controller.follow(course)
            self.wait(lambda begun=begun: time.monotonic() - begun >= DT)
        return course.states[-1].joints

    def move_until(self, controller: StreamedController, done: Callable[[np.ndarray], Any]) -> None:
        """Moves until ``done`` with where the arm comes to rest; anew where this machine was too
        late with motion to go on.
        """
        for _ in range(5):
            goal = self.move(controller)
            if self._soon(lambda goal=goal: done(goal)):
                return
        raise AssertionError("nothing happened, however often it was tried")

    def _soon(self, done: Callable[[], Any]) -> bool:
        deadline = time.monotonic() + 3.0
        while not done() and time.monotonic() < deadline:
            for node in (self.node, self.robot):
                rclpy.spin_once(node, timeout_sec=0.005)
        return bool(done())

    def close(self) -> None:
        for controller in self._made:
            controller.close()
        self.node.destroy_node()
        self.robot.destroy_node()

    def _now(self) -> int:
        return int(self.node.get_clock().now().nanoseconds)


@pytest.fixture
def cell(ros: None) -> Iterator[Cell]:
    cell = Cell()
    yield cell
    cell.close()


def process_of(controller: StreamedController) -> Any:
    return controller._streamer.process


def test_set_points_go_to_the_topic_until_the_arm_stands_there(cell: Cell) -> None:
    controller = cell.controller("joint_target")
    assert controller.name == "/cell/set_points"
    cell.listen(controller)
    cell.move_until(
        controller,
        lambda goal: cell.heard and np.abs(cell.heard[-1].position - goal).max() < 1e-9,
    )
    assert cell.heard[-1].name == [f"left_{name}" for name in PANDA.joint_names]
    assert not np.any(cell.heard[-1].velocity)
    count = len(cell.heard)
    assert count > 30
    stamps = [m.header.stamp.sec * 10**9 + m.header.stamp.nanosec for m in cell.heard]
    assert {round(step / 10**7) for step in np.diff(stamps)} <= {1, 2, 3}
    assert controller.problem() == ""


@pytest.mark.parametrize("kind", ["forward_velocity", "twist", "cartesian_pose"])
def test_other_kinds_say_theirs(cell: Cell, kind: str) -> None:
    controller = cell.controller(kind)
    cell.listen(controller)
    cell.move_until(controller, lambda goal: len(cell.heard) > 20)
    assert isinstance(cell.heard[0], controller._messages.type)


def test_diagnostics_tell_how_late_set_points_were(cell: Cell) -> None:
    controller, seen = cell.controller("forward_position"), []
    cell.robot.create_subscription(DiagnosticArray, "/diagnostics", seen.append, 10)
    cell.listen(controller)

    def told() -> dict[str, str]:
        values = seen[-1].status[0].values if seen else []
        return {value.key: value.value for value in values}

    cell.move_until(controller, lambda goal: int(told().get("count", 0)) > 10)
    assert seen[-1].status[0].name == "/cell/bridge_test: set-points"
    assert set(told()) >= {"missed", "p50_ms", "p99_ms", "max_ms", "torn", "following"}


def test_who_cannot_be_heard_is_named(cell: Cell) -> None:
    controller = cell.controller("forward_position")
    cell.wait(lambda: controller.problem().startswith("nobody"))
    assert controller.problem() == (
        "nobody listens to /cell/set_points; is the controller loaded, and the name right?"
    )
    cell.listen(controller)
    cell.robot.create_publisher(Float64MultiArray, "set_points", 1)
    cell.wait(lambda: controller.other_owner())
    assert controller.other_owner() == (
        "/cell/set_points is busy: /cell/robot publishes there; stop it first"
    )


def test_a_killed_process_is_named_and_velocities_end(cell: Cell) -> None:
    controller = cell.controller("forward_velocity")
    cell.listen(controller)
    while not (cell.heard and any(cell.heard[-1].data)):
        cell.move(controller, commands=3)
    process_of(controller).kill()
    cell.wait(lambda: not any(cell.heard[-1].data))
    assert controller.problem() == "bridge_test_setpoints ended with code -9; restart the bridge"


def test_velocities_of_a_process_that_hangs_end(cell: Cell) -> None:
    """It is killed, as it would go on where it was when it wakes up."""
    controller = cell.controller("forward_velocity")
    cell.listen(controller)
    cell.move_until(controller, lambda goal: any(np.any(one.data) for one in cell.heard))
    process_of(controller).send_signal(signal.SIGSTOP)
    cell.wait(lambda: process_of(controller).poll() is not None)
    cell.wait(lambda: not np.any(cell.heard[-1].data))
    assert "ended with code -9" in controller.problem()


@pytest.mark.parametrize(("kind", "count"), [("forward_velocity", 2), ("joint_target", 1)])
def test_only_who_would_move_on_has_two_publishers(cell: Cell, kind: str, count: int) -> None:
    cell.listen(cell.controller(kind))
    assert cell.robot.count_publishers("/cell/set_points") == count


def test_without_its_bridge_the_process_comes_to_rest_and_ends(cell: Cell) -> None:
    controller = cell.controller("joint_target")
    cell.listen(controller)
    cell.move_until(controller, lambda goal: len(cell.heard) > 20)
    cell.move(controller)
    os.kill(process_of(controller).pid, 0)
    controller.close()
    cell.wait(lambda: process_of(controller).poll() is not None)
    assert process_of(controller).returncode == 0
    cell.wait(lambda: not np.any(cell.heard[-1].velocity))


def test_an_interrupt_of_the_terminal_is_not_for_it(cell: Cell) -> None:
    controller = cell.controller("forward_position")
    cell.listen(controller)
    assert os.getpgid(process_of(controller).pid) != os.getpgid(0)


def test_a_stopped_process_is_named_and_nobody_waits_for_it(cell: Cell) -> None:
    controller = cell.controller("forward_position")
    cell.listen(controller)
    process_of(controller).send_signal(signal.SIGSTOP)
    try:
        course = cell._mover.halt(cell._now())
        for _ in range(2000):
            controller.follow(course)
        assert controller.problem() == (
            "bridge_test_setpoints does not take motion; is its process stopped?"
        )
    finally:
        process_of(controller).send_signal(signal.SIGCONT)
    cell.wait(lambda: controller.follow(course) or not controller.problem())


@pytest.mark.parametrize("kind", ["forward_position", "joint_target"])
def test_in_lockstep_joints_are_told_where_to_be(cell: Cell, kind: str) -> None:
    controller = cell.controller(kind, rate=None)
    cell.listen(controller)
    controller.step(3_050_000_000, HOME + 0.1, DT)
    cell.wait(lambda: cell.heard)
    (message,) = cell.heard
    positions = message.data if kind == "forward_position" else message.position
    assert list(positions) == (HOME + 0.1).tolist()


@pytest.mark.parametrize("kind", sorted(set(STREAMED) - {"forward_position", "joint_target"}))
def test_who_cannot_do_lockstep_says_so(cell: Cell, kind: str) -> None:
    controller = cell.controller(kind, rate=None)
    line = (
        f"a controller of kind {kind} cannot be used in lock-step: "
        "it is not told where joints are to be; use another kind, or real time"
    )
    assert controller.problem() == line
    with pytest.raises(ConfigError, match="cannot be used in lock-step"):
        controller.step(0, HOME, DT)
