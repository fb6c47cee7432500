# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Grippers on real actions and services: what goals they get, and what happens without answers."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from wired import Wired

from rlco_bridge.driver import DriverConfig, GripperDriver
from rlco_bridge.grippers import Gripper
from rlco_bridge.grippers.make import make_gripper
from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig

PANDA = RobotConfig.load("panda")
_NUMBERS = count()


def made(wired: Wired, driver: GripperDriver) -> Gripper:
    return make_gripper(wired.bridge, driver, PANDA, PANDA.gripper_joint_names, 0.05)


class Hand:
    """Action servers that note their goals.

    Attributes:
        rejects: it takes no goals.
        blocked: of actions by their last word whose goals end only when they are cancelled.
        result: fields of the results of the others.
    """

    def __init__(self, wired: Wired, **actions: Any) -> None:
        self.goals: list[tuple[str, Any]] = []
        self.rejects = False
        self.blocked: set[str] = set()
        self.result: dict[str, Any] = {}
        self._servers = [
            ActionServer(
                wired.driver,
                kind,
                name.replace("__", "/"),
                execute_callback=self._execute(name.split("__")[-1], kind),
                goal_callback=self._judge,
                handle_accepted_callback=self._accepted(name.split("__")[-1]),
                cancel_callback=self._cancel,
            )
            for name, kind in actions.items()
        ]

    @property
    def asked(self) -> list[str]:
        """The actions of its goals."""
        return [name for name, _ in self.goals]

    def _judge(self, goal: Any) -> GoalResponse:
        return GoalResponse.REJECT if self.rejects else GoalResponse.ACCEPT

    def _accepted(self, name: str) -> Callable[[ServerGoalHandle], None]:
        def accepted(handle: ServerGoalHandle) -> None:
            if name in self.blocked:
                self.goals.append((name, handle.request))
            else:
                handle.execute()

        return accepted

    def _cancel(self, handle: ServerGoalHandle) -> CancelResponse:
        handle.execute()
        return CancelResponse.ACCEPT

    def _execute(self, name: str, kind: Any) -> Callable[[ServerGoalHandle], Any]:
        def execute(handle: ServerGoalHandle) -> Any:
            if handle.is_cancel_requested:
                handle.canceled()
                return kind.Result()
            self.goals.append((name, handle.request))
            handle.succeed()
            return kind.Result(**self.result)

        return execute


def play(wired: Wired, gripper: Gripper, hand: Hand, openings: tuple[float, ...]) -> None:
    """Commands every opening until a goal came of it; the fingers are there at once."""
    gripper.begin()
    for number, opening in enumerate(openings):

        def came(opening: float = opening, number: int = number) -> bool:
            gripper.measure(0, openings[max(number - 1, 0)])
            gripper.command(0, opening)
            return len(hand.goals) > number

        wired.wait(came)


def franka_s(wired: Wired) -> tuple[Gripper, Hand]:
    """The hand of a Franka arm, as the bridge has it and as it is; under a name of its own, as that
    of a test before may still be heard of.
    """
    actions, name = pytest.importorskip("franka_msgs.action"), f"hand_{next(_NUMBERS)}"
    driver = DriverConfig.load("franka").gripper.model_copy(update={"name": name})
    gripper = made(wired, driver)
    assert gripper.problem() == f"no server of action {name}/move"
    hand = Hand(wired, **{f"{name}__move": actions.Move, f"{name}__grasp": actions.Grasp})
    hand.result = {"success": True}
    wired.wait(lambda: not gripper.problem())
    return gripper, hand


def test_franka_s_hand_moves_and_grasps_only_to_close_in_full_widths(wired: Wired) -> None:
    gripper, hand = franka_s(wired)
    play(wired, gripper, hand, (1.0, 0.5, 0.0, 0.6))
    assert hand.asked == ["move", "move", "grasp", "move"]
    (_, wide), (_, half), (_, tight), (_, wider) = hand.goals
    widths = [goal.width for goal in (wide, half, tight, wider)]
    assert widths == pytest.approx([0.08, 0.04, 0.0, 0.048])
    assert (tight.force, tight.epsilon.outer) == pytest.approx((30.0, 0.08))


def test_franka_s_hand_grasps_what_it_met_on_its_way(wired: Wired) -> None:
    gripper, hand = franka_s(wired)
    hand.blocked = {"move"}
    play(wired, gripper, hand, (0.3,))
    stamps = iter(range(0, 10**12, 10**7))

    def told() -> bool:
        stamp = next(stamps)
        gripper.measure(stamp, max(1.0 - stamp * 1e-9, 0.55))
        gripper.command(stamp, 0.3)
        return len(hand.goals) > 1

    wired.wait(told)
    assert hand.asked == ["move", "grasp"]
    assert 0.85 < next(stamps) * 1e-9 < 3.0, "not before the fingers stand"
    hand.goals.clear()
    play(wired, gripper, hand, (0.8,))
    assert hand.asked == ["move"]


def test_franka_s_hand_gives_up_a_move_that_is_not_wanted_any_more(wired: Wired) -> None:
    gripper, hand = franka_s(wired)
    hand.blocked = {"move"}
    play(wired, gripper, hand, (0.7, 0.0))
    assert hand.asked == ["move", "grasp"]
    hand.goals.clear()
    play(wired, gripper, hand, (1.0, 0.4, 0.0))
    assert hand.asked == ["move", "move", "grasp"]
    assert gripper.overdue() == ""


def robotiq(wired: Wired) -> tuple[Gripper, Hand]:
    """A gripper behind GripperCommand."""
    actions = pytest.importorskip("control_msgs.action")
    hand = Hand(wired, grip=actions.GripperCommand)
    gripper = made(wired, GripperDriver(kind="gripper_command", name="grip"))
    wired.wait(lambda: not gripper.problem())
    return gripper, hand


@pytest.mark.parametrize("kind", ["gripper_command", "parallel_gripper_command"])
def test_robotiq_s_gripper_gets_angles_of_its_knuckle(wired: Wired, kind: str) -> None:
    actions = pytest.importorskip("control_msgs.action")
    driver = DriverConfig.load("ur").gripper.model_copy(update={"kind": kind, "name": "grip"})
    parallel = kind.startswith("parallel")
    hand = Hand(wired, grip=actions.ParallelGripperCommand if parallel else actions.GripperCommand)
    hand.result = {"reached_goal": True}
    gripper = made(wired, driver)
    wired.wait(lambda: not gripper.problem())
    play(wired, gripper, hand, (1.0, 0.0))
    commands = [goal.command for _, goal in hand.goals]
    positions = [c.position[0] if parallel else c.position for c in commands]
    assert positions == pytest.approx([0.0, 0.7929])
    efforts = [c.effort[0] if parallel else c.max_effort for c in commands]
    assert efforts == [50.0, 50.0]


def test_a_goal_that_is_rejected_goes_out_again(wired: Wired) -> None:
    gripper, hand = robotiq(wired)
    hand.rejects, judged = True, time.monotonic()

    def soon() -> bool:
        gripper.command(0, 0.0)
        return time.monotonic() > judged + 0.3

    gripper.begin()
    wired.wait(soon)
    assert (hand.goals, gripper.overdue()) == ([], "")
    hand.rejects, hand.result = False, {"stalled": True}

    def came() -> bool:
        gripper.command(0, 0.0)
        return bool(hand.goals)

    wired.wait(came)
    assert gripper.overdue() == ""


@pytest.mark.parametrize(
    ("rejects", "why"),
    [(True, "grip rejected a goal"), (False, "grip failed: neither reached nor stalled")],
)
def test_a_gripper_that_fails_again_and_again_has_failed(
    wired: Wired, rejects: bool, why: str
) -> None:
    gripper, hand = robotiq(wired)
    hand.rejects = rejects
    gripper.begin()

    def failed() -> str:
        gripper.command(0, 0.0)
        return gripper.overdue()

    wired.wait(failed)
    assert gripper.overdue().startswith(why)
    assert gripper.overdue().endswith("; 4 times in a row")
    gripper.begin()
    assert gripper.overdue() == ""


def test_fingers_that_stall_on_a_thing_have_not_failed(wired: Wired) -> None:
    gripper, hand = robotiq(wired)
    hand.result = {"stalled": True}
    play(wired, gripper, hand, (0.0, 1.0, 0.0))
    assert [goal.command.position for _, goal in hand.goals] == [0.0, 1.0, 0.0]


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


def test_outputs_that_are_not_set_are_set_again(wired: Wired) -> None:
    services = pytest.importorskip("ur_msgs.srv")
    driver = DriverConfig.load("ur_stream").gripper
    gripper = made(wired, driver)
    calls: list[tuple[int, float]] = []
    works = [False]

    def set_io(request: Any, response: Any) -> Any:
        calls.append((request.pin, request.state))
        response.success = works[0] or request.pin == 17
        return response

    wired.driver.create_service(services.SetIO, driver.name, set_io)
    wired.wait(lambda: not gripper.problem())

    def asked(opening: float, count: int) -> None:
        def came() -> bool:
            gripper.command(0, opening)
            return len(calls) >= count

        wired.wait(came)

    asked(0.2, 4)
    assert calls == 2 * [(16, 1.0), (17, 0.0)]

    def failed() -> str:
        gripper.command(0, 0.45)  # between the thresholds: still closed
        return gripper.overdue()

    wired.wait(failed)
    assert gripper.overdue() == (
        "io_and_status_controller/set_io did not set output 16; 4 times in a row"
    )
    gripper.begin()
    works[0] = True
    calls.clear()
    asked(0.2, 2)
    asked(0.9, 4)
    assert calls[2:] == [(16, 0.0), (17, 1.0)]


def test_a_missing_package_is_named_with_how_to_install_it(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "franka_msgs.action", None)
    with pytest.raises(ConfigError, match=r"needs franka_msgs/action/Move.*apt install ros-"):
        made(wired, DriverConfig.load("franka").gripper)


def test_outputs_need_pins(wired: Wired) -> None:
    with pytest.raises(ConfigError, match=r"needs pins; for example pins: \[16, 17\]"):
        made(wired, GripperDriver(kind="digital_output", name="set_io"))
