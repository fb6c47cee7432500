# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Forward controllers, the manager that switches controllers, and the drives behind them."""

from __future__ import annotations

import numpy as np
import pytest
from cycles import NAMES, NOW, PERIOD, Arm, point

from rlco_core.errors import ConfigError
from rlco_sim.machine.controller import Controller, Cycle, Kind, Setpoint
from rlco_sim.machine.drive import BRAKING, Drive
from rlco_sim.machine.forward import Forward
from rlco_sim.machine.joint_impedance import JointImpedance
from rlco_sim.machine.joint_trajectory import Habits, JointTrajectoryController
from rlco_sim.machine.manager import ControllerManager, Strictness
from rlco_sim.machine.tolerances import Tolerances

HERE = np.array([0.0, 1.0])
STRICT, BEST_EFFORT = Strictness.STRICT, Strictness.BEST_EFFORT
CYCLE = Cycle(NOW, PERIOD, HERE, np.zeros(2))


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def manager(log: list[str]) -> ControllerManager:
    """A broadcaster and a trajectory controller that are active, two forward ones that are not."""
    controllers = [
        Controller("states", "broadcaster"),
        JointTrajectoryController("jtc", NAMES, Habits(Tolerances.none(2)), log.append),
        *(Forward(kind, NAMES, log.append) for kind in Kind),
    ]
    for one in controllers[:2]:
        one.activate(HERE)
    return ControllerManager(controllers, log.append)


def test_the_last_command_stays_for_ever() -> None:
    one = Arm(Forward(Kind.POSITION, NAMES))
    one.run(100)
    assert one.told is None
    one.controller.take([0.5, 0.6])
    one.run(60_000)
    assert one.joints.tolist() == [0.5, 0.6]


def test_commands_that_are_not_finite_or_empty_are_dropped(log: list[str]) -> None:
    one = Arm(Forward(Kind.POSITION, NAMES, log.append))
    one.controller.take([0.5, 0.6])
    for foul in ([np.nan, 0.0], [np.inf], []):
        one.controller.take(foul)
    one.run(10)
    assert one.joints.tolist() == [0.5, 0.6]
    assert log[0] == "forward_position_controller drops a command that is not finite: [nan, 0.0]"


def test_what_came_while_it_was_inactive_is_forgotten() -> None:
    one = Arm(Forward(Kind.VELOCITY, NAMES))
    one.controller.deactivate()
    one.controller.take([1.0, 1.0])
    one.controller.activate(HERE)
    one.run(10)
    assert one.told is None


def test_a_command_of_a_wrong_size_takes_the_controller_out(
    manager: ControllerManager, log: list[str]
) -> None:
    name = "forward_position_controller"
    assert manager.switch([name], ["jtc"], STRICT, HERE).ok
    manager.controllers[name].take([1.0, 2.0, 3.0])
    assert manager.update(CYCLE) is None
    assert manager.active == ["states"]
    assert "has a command of 3 values; it should have 2; it is deactivated" in log[-1]


def test_targets_are_taken_by_their_place_and_stay_for_ever(log: list[str]) -> None:
    one = Arm(JointImpedance(NAMES, log.append))
    one.run(10)
    assert one.joints.tolist() == [0.0, 1.0], "it holds where it became active"
    one.controller.take([0.5])
    one.run(60_000)
    assert one.joints.tolist() == [0.5, 1.0]
    one.controller.take([0.1, 0.2, 0.3])
    one.run(10)
    assert one.joints.tolist() == [0.1, 0.2]
    assert log == ["joint_impedance_controller is told 3 positions; it should be 2"]


def test_of_those_that_command_the_arm_one_starts_active(log: list[str]) -> None:
    loaded = [Controller("states", "broadcaster"), *(Forward(kind, NAMES) for kind in Kind)]
    manager = ControllerManager(loaded, log.append)
    known = "should be 'forward_position_controller' or 'forward_velocity_controller'"
    with pytest.raises(ConfigError, match=f"'states' does not command the arm; it {known}"):
        manager.start("states", HERE)
    assert not manager.active
    manager.start("forward_velocity_controller", HERE)
    assert manager.active == ["states", "forward_velocity_controller"]


def test_only_the_active_one_moves_the_arm(manager: ControllerManager) -> None:
    manager.controllers["forward_position_controller"].take([9.0, 9.0])
    told = manager.update(CYCLE)
    assert told is not None
    assert told.values.tolist() == HERE.tolist()


@pytest.mark.parametrize("strictness", [STRICT, BEST_EFFORT])
def test_two_cannot_command_the_arm(manager: ControllerManager, strictness: int) -> None:
    answer = manager.switch(["forward_velocity_controller"], [], strictness, HERE)
    assert not answer.ok
    assert "jtc and forward_velocity_controller would both command the arm" in answer.message
    assert manager.active == ["states", "jtc"]


@pytest.mark.parametrize(
    ("start", "stop", "message"),
    [
        (["nobody"], ["jtc"], "controller 'nobody' does not exist; there are states, jtc"),
        (["jtc"], ["states"], "controller 'jtc' is already active"),
        ([], ["jtc", "forward_position_controller"], "is not active"),
    ],
)
def test_strict_is_all_or_nothing_and_best_effort_is_what_can_be_done(
    manager: ControllerManager, start: list[str], stop: list[str], message: str
) -> None:
    strict = manager.switch(start, stop, STRICT, HERE)
    assert not strict.ok
    assert message in strict.message
    assert manager.active == ["states", "jtc"]
    lenient = manager.switch(start, stop, BEST_EFFORT, HERE)
    assert lenient.ok
    assert message in lenient.message
    assert not set(stop) & set(manager.active)


def test_a_request_of_which_nothing_is_known_fails_with_best_effort_too(
    manager: ControllerManager,
) -> None:
    assert not manager.switch(["nobody"], [], BEST_EFFORT, HERE).ok


def test_one_that_is_restarted_holds_where_the_arm_is(manager: ControllerManager) -> None:
    manager.controllers["jtc"].take(NAMES, [point(9, 5.0, 5.0)], 0, NOW)
    assert manager.switch(["jtc"], ["jtc"], STRICT, HERE).ok
    told = manager.update(CYCLE)
    assert told is not None
    assert told.values.tolist() == HERE.tolist()


def test_a_manager_says_why_nothing_can_be_activated_now(manager: ControllerManager) -> None:
    manager.refusal = lambda: "no hardware"
    assert manager.switch([], ["jtc"], STRICT, HERE).ok
    assert manager.switch(["jtc"], [], BEST_EFFORT, HERE).message == "no hardware"


def test_drives_go_where_they_are_told_but_not_where_nothing_is() -> None:
    drive = Drive(HERE)
    told = Setpoint(Kind.POSITION, np.array([5.0, 5.0]))
    assert drive.follow(told, CYCLE).tolist() == [5.0, 5.0]
    assert drive.follow(None, CYCLE).tolist() == [5.0, 5.0]
    foul = Setpoint(Kind.POSITION, np.array([np.nan, 0.0]))
    assert drive.follow(foul, CYCLE).tolist() == [5.0, 5.0]


def test_velocities_are_followed_quickly_and_end_with_their_set_points() -> None:
    drive, told = Drive(HERE), Setpoint(Kind.VELOCITY, np.array([1.0, -1.0]))
    for _ in range(500):
        drive.follow(told, CYCLE)
    assert drive.goal - HERE == pytest.approx([1.0, -1.0], abs=0.02)
    where = drive.goal.copy()
    assert drive.follow(None, CYCLE).tolist() == where.tolist()


def test_brakes_bring_it_to_rest_in_time_and_let_go_with_a_jump() -> None:
    drive, moving = Drive(HERE), Cycle(NOW, PERIOD, HERE, np.array([2.0, -1.0]))
    way = [drive.brake(moving).copy() for _ in range(60)]
    steps = np.diff(way, axis=0)
    assert (np.abs(steps[1:]) <= np.abs(steps[:-1]) + 1e-12).all()
    assert not steps[round(BRAKING / 0.002) :].any()
    assert way[-1] == pytest.approx([0.06, 0.97], abs=5e-3)
    assert drive.braking
    jump = drive.follow(Setpoint(Kind.POSITION, np.array([3.0, 3.0])), CYCLE)
    assert jump.tolist() == [3.0, 3.0]
    assert not drive.braking


def test_positions_that_need_too_much_speed_are_not_followed() -> None:
    drive = Drive(HERE, ignored=20.0)
    assert drive.follow(Setpoint(Kind.POSITION, HERE + 0.039), CYCLE) == pytest.approx(HERE + 0.039)
    far = Setpoint(Kind.POSITION, HERE + np.array([0.0, 0.2]))
    assert drive.follow(far, CYCLE) == pytest.approx(HERE + 0.039)
    there = Cycle(NOW, PERIOD, HERE + np.array([0.0, 0.18]), np.zeros(2))
    assert drive.follow(far, there).tolist() == far.values.tolist(), "the arm is near it"
