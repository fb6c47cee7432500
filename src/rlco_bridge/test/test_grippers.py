# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Grippers on real actions and services: what goals they get, and what happens without answers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from rclpy.action import ActionServer, GoalResponse
from rclpy.action.server import ServerGoalHandle
from wired import Wired

from rlco_bridge.driver import DriverConfig, GripperDriver
from rlco_bridge.grippers import Gripper
from rlco_bridge.grippers.make import make_gripper
from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig

PANDA = RobotConfig.load("panda")


def made(wired: Wired, driver: GripperDriver) -> Gripper:
    return make_gripper(wired.bridge, driver, PANDA, PANDA.gripper_joint_names, 0.05)


class Hand:
    """Action servers that note their goals."""

    def __init__(self, wired: Wired, **actions: Any) -> None:
        self.goals: list[tuple[str, Any]] = []
        self.rejects = False
        self._servers = [
            ActionServer(
                wired.driver,
                kind,
                name.replace("__", "/"),
                execute_callback=self._execute(name, kind),
                goal_callback=lambda _: (
                    GoalResponse.REJECT if self.rejects else GoalResponse.ACCEPT
                ),
            )
            for name, kind in actions.items()
        ]

    def _judge(self, goal: Any) -> GoalResponse:
        return GoalResponse.REJECT if self.rejects else GoalResponse.ACCEPT

    def _execute(self, name: str, kind: Any) -> Callable[[ServerGoalHandle], Any]:
        def execute(handle: ServerGoalHandle) -> Any:
            self.goals.append((name.split("__")[-1], handle.request))
            handle.succeed()
            return kind.Result()

        return execute


def play(wired: Wired, gripper: Gripper, hand: Hand, openings: tuple[float, ...]) -> None:
    """Commands every opening until a goal came of it."""
    gripper.begin()
    for count, opening in enumerate(openings, 1):

        def came(opening: float = opening, count: int = count) -> bool:
            gripper.command(0, opening)
            return len(hand.goals) >= count

        wired.wait(came)


def test_franka_s_hand_moves_to_open_and_grasps_to_close_in_full_widths(wired: Wired) -> None:
    actions = pytest.importorskip("franka_msgs.action")
    gripper = made(wired, DriverConfig.load("franka").gripper)
    assert gripper.problem() == "no server of action franka_gripper/move"
    hand = Hand(wired, franka_gripper__move=actions.Move, franka_gripper__grasp=actions.Grasp)
    wired.wait(lambda: not gripper.problem())
    play(wired, gripper, hand, (1.0, 0.0, 0.5))
    (opened, wide), (closed, tight), (halved, half) = hand.goals
    assert (opened, closed, halved) == ("move", "grasp", "move")
    assert (wide.width, tight.width, half.width) == pytest.approx((0.08, 0.0, 0.04))
    assert (tight.force, tight.epsilon.outer) == pytest.approx((30.0, 0.08))


@pytest.mark.parametrize("kind", ["gripper_command", "parallel_gripper_command"])
def test_robotiq_s_gripper_gets_angles_of_its_knuckle(wired: Wired, kind: str) -> None:
    actions = pytest.importorskip("control_msgs.action")
    driver = DriverConfig.load("ur").gripper.model_copy(update={"kind": kind, "name": "grip"})
    parallel = kind.startswith("parallel")
    hand = Hand(wired, grip=actions.ParallelGripperCommand if parallel else actions.GripperCommand)
    gripper = made(wired, driver)
    wired.wait(lambda: not gripper.problem())
    play(wired, gripper, hand, (1.0, 0.0))
    commands = [goal.command for _, goal in hand.goals]
    positions = [c.position[0] if parallel else c.position for c in commands]
    assert positions == pytest.approx([0.0, 0.7929])
    efforts = [c.effort[0] if parallel else c.max_effort for c in commands]
    assert efforts == [50.0, 50.0]


def test_goals_that_are_rejected_are_answered_and_tried_again(wired: Wired) -> None:
    actions = pytest.importorskip("control_msgs.action")
    driver = GripperDriver(kind="gripper_command", name="grip")
    hand, gripper = Hand(wired, grip=actions.GripperCommand), made(wired, driver)
    wired.wait(lambda: not gripper.problem())
    hand.rejects = True
    gripper.begin()
    gripper.command(0, 1.0)
    hand.rejects = False
    play(wired, gripper, hand, (0.0,))
    assert gripper.overdue() == ""


def test_outputs_close_and_open_with_hysteresis(wired: Wired) -> None:
    services = pytest.importorskip("ur_msgs.srv")
    driver = DriverConfig.load("ur_stream").gripper
    gripper = made(wired, driver)
    assert gripper.problem() == "no server of service io_and_status_controller/set_io"
    calls: list[tuple[int, float]] = []

    def set_io(request: Any, response: Any) -> Any:
        calls.append((request.pin, request.state))
        response.success = True
        return response

    wired.driver.create_service(services.SetIO, driver.name, set_io)
    wired.wait(lambda: not gripper.problem())
    for opening, wanted in (
        (0.9, [(16, 0.0), (17, 1.0)]),
        (0.45, []),
        (0.2, [(16, 1.0), (17, 0.0)]),
    ):
        calls.clear()

        def came(opening: float = opening, count: int = len(wanted)) -> bool:
            gripper.command(0, opening)
            return len(calls) >= count

        wired.wait(came)
        assert calls == wanted


def test_a_missing_package_is_named_with_how_to_install_it(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "franka_msgs.action", None)
    with pytest.raises(ConfigError, match=r"needs franka_msgs/action/Move.*apt install ros-"):
        made(wired, DriverConfig.load("franka").gripper)


def test_outputs_need_pins(wired: Wired) -> None:
    with pytest.raises(ConfigError, match=r"needs pins; for example pins: \[16, 17\]"):
        made(wired, GripperDriver(kind="digital_output", name="set_io"))
