# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Tasks of all openings with the Franka Hand: the bridge's gripper, the actions of the simulated
hand, and its fingers in the world; the arm goes where it is told.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor

from rlco_bridge.driver import DriverConfig
from rlco_bridge.grippers.make import make_gripper
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_sim.domain import Domain
from rlco_sim.drivers.driver import Stand
from rlco_sim.drivers.franka_gripper import FrankaGripperEnd
from rlco_sim.machine.hand import Hand
from rlco_sim.session import DT, Session

pytest.importorskip("franka_msgs.action")
PANDA = RobotConfig.load("panda")


class Cell:
    """One arm with its hand at one task, spun by the test."""

    def __init__(self, task: str) -> None:
        self.session = Session(task, Domain.load("twin"), PANDA)
        self.bridge, self.driver = rclpy.create_node("bridge"), rclpy.create_node("driver")
        self._executor = SingleThreadedExecutor()
        for node in (self.bridge, self.driver):
            self._executor.add_node(node)
        gripper = DriverConfig.load("franka").gripper
        self.gripper = make_gripper(self.bridge, gripper, PANDA, PANDA.gripper_joint_names, DT)
        self.hand = Hand(PANDA.gripper, self.session.fingers)
        stand = Stand(self.driver, self.session, "", 1, False, lambda part, stamp_ns: None)
        self.end = FrankaGripperEnd(stand, self.hand)
        while self.gripper.problem():
            self.spin(0.05)

    def close(self) -> None:
        self._executor.shutdown()
        for node in (self.bridge, self.driver):
            node.destroy_node()
        self.session.close()

    def spin(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0.0:
            self._executor.spin_once(timeout_sec=left)

    def play(self, seed: int) -> bool:
        """Whether the expert does its task in the episode of ``seed``."""
        session, path = self.session, ActionPath(PANDA, DT)
        session.reset(seed)
        self.hand.reset(session.fingers)
        path.reset(session.joint_positions, session.gripper_opening)
        self.gripper.begin()
        while session.steps < session.max_steps and not session.success():
            before = path.command
            action = session.task.expert(path.target, session.world.arm.opening)
            command = path.step(action)
            assert command.verdict.accepted
            self.gripper.measure(session.stamp_ns, session.gripper_opening)
            self.gripper.command(session.stamp_ns, PANDA.gripper.opening(command.fingers))
            self.spin(DT)  # time passes by the clock, as goals have pauses
            self._pass_period(before, command.joints)
            assert self.gripper.overdue() == ""
        return session.success()

    def _pass_period(self, before: np.ndarray, after: np.ndarray) -> None:
        session = self.session
        for part in range(session.substeps):
            speed = float(session.motor_velocities[len(PANDA.joint_names)])
            period_ns = session.next_ns - session.stamp_ns
            fingers = self.hand.next(session.fingers, speed, period_ns)
            session.step(before + (after - before) * (part + 1) / session.substeps, fingers)
        self.end.settle()


@pytest.fixture(params=["open_drawer", "pick_place"])
def cell(request: pytest.FixtureRequest) -> Iterator[Cell]:
    rclpy.init()
    made = Cell(request.param)
    yield made
    made.close()
    rclpy.try_shutdown()


def test_an_expert_does_its_task(cell: Cell) -> None:
    assert [cell.play(seed) for seed in (0, 1)] == [True, True]
