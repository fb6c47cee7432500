# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The modes of UR's and Franka's arms, and how they hang together with their controllers."""

from __future__ import annotations

import numpy as np
import pytest

from rlco_sim.machine.controller import Controller, Kind, Setpoint
from rlco_sim.machine.forward import Forward
from rlco_sim.machine.franka import FrankaRobot
from rlco_sim.machine.franka import RobotMode as FrankaMode
from rlco_sim.machine.manager import ControllerManager, Strictness
from rlco_sim.machine.ur import ControllerStopper, Program, RobotMode, SafetyMode, UrRobot

MS = 1_000_000
HERE = np.zeros(2)
POSITION = "forward_position_controller"


def wait(robot: UrRobot, seconds: float, start: float = 0.0) -> None:
    for k in range(round(seconds * 500) + 1):
        robot.pass_time(round(start * 1000) * MS + 2 * k * MS, 2 * MS)


def manager(*names: str) -> ControllerManager:
    controllers = [
        *(Controller(name, "broadcaster") for name in names),
        Forward(Kind.POSITION, "ab"),
    ]
    for one in controllers:
        one.activate(HERE)
    return ControllerManager(controllers)


def test_a_protective_stop_pauses_and_is_unlocked_after_five_seconds() -> None:
    robot = UrRobot()
    wait(robot, 1.0)
    robot.protective_stop()
    assert (robot.safety, robot.program) == (SafetyMode.PROTECTIVE_STOP, Program.PAUSED)
    assert (robot.moves, robot.connected, robot.scaling) == (False, True, 0.0)
    assert not robot.play().success
    wait(robot, 4.9, 1.0)
    early = robot.unlock_protective_stop()
    assert not early.success
    assert early.message == "protective stop 4.9 s ago; unlock it after 5 s"
    wait(robot, 0.2, 5.9)
    assert robot.unlock_protective_stop().success
    assert not robot.moves, "not before somebody plays the program"
    assert robot.play().success
    assert robot.moves


def test_after_a_pause_speed_comes_back_in_a_fifth_of_a_second() -> None:
    robot = UrRobot()
    assert robot.scaling == 1.0
    robot.slider = 0.8
    assert robot.scaling == 0.8
    robot.pause()
    assert robot.scaling == 0.0
    robot.play()
    assert robot.scaling == 0.0
    wait(robot, 0.1)
    assert robot.scaling == pytest.approx(0.5, abs=0.02)
    wait(robot, 0.1)
    assert robot.scaling == 0.8


def test_an_emergency_stop_takes_the_power_too() -> None:
    robot = UrRobot()
    robot.emergency_stop()
    assert (robot.safety, robot.mode) == (SafetyMode.ROBOT_EMERGENCY_STOP, RobotMode.POWER_OFF)
    assert not robot.power_on().success
    robot.release()
    refused = robot.play()
    assert not refused.success
    assert "safety mode is NORMAL and robot mode POWER_OFF" in refused.message
    assert robot.power_on().success
    assert robot.mode is RobotMode.IDLE
    assert robot.brake_release().success
    assert not robot.moves
    assert robot.play().success
    assert robot.moves


def test_after_a_safeguard_stop_the_program_goes_on_by_itself() -> None:
    robot = UrRobot()
    robot.safeguard_stop()
    assert not robot.moves
    robot.release()
    assert robot.moves
    robot.safeguard_stop()
    robot.stop()
    robot.release()
    assert not robot.moves


def test_only_a_restart_helps_after_a_violation() -> None:
    robot = UrRobot()
    assert not robot.restart_safety().success
    robot.violation()
    assert not robot.unlock_protective_stop().success
    assert robot.restart_safety().success
    assert (robot.safety, robot.mode) == (SafetyMode.NORMAL, RobotMode.POWER_OFF)


def test_without_its_program_controllers_are_out_and_come_back_just_so() -> None:
    controllers = manager("joint_state_broadcaster", "some_broadcaster")
    stopper, robot = ControllerStopper(controllers), UrRobot()
    robot.protective_stop()
    stopper.watch(robot.connected, HERE)
    assert len(controllers.active) == 3, "a pause takes nobody out"
    robot.stop()
    stopper.watch(robot.connected, HERE)
    assert controllers.active == ["joint_state_broadcaster"]
    stopper.watch(True, HERE)
    assert controllers.active == ["joint_state_broadcaster", "some_broadcaster", POSITION]


def test_a_switch_in_between_lets_the_return_fail_as_a_whole() -> None:
    controllers = manager("some_broadcaster")
    stopper = ControllerStopper(controllers)
    stopper.watch(False, HERE)
    controllers.switch(["some_broadcaster"], [], Strictness.STRICT, HERE)
    stopper.watch(True, HERE)
    assert controllers.active == ["some_broadcaster"]


def test_a_reflex_of_an_arm_that_is_commanded_takes_everything_down() -> None:
    controllers = manager("states")
    robot = FrankaRobot(controllers)
    assert robot.mode is FrankaMode.MOVE
    robot.reflex()
    assert (controllers.active, robot.moves) == ([], False)
    refused = controllers.switch([POSITION], [], Strictness.STRICT, HERE)
    assert refused.message == "the hardware component is not active; set it active first"
    assert not robot.activate_component(), "not before it has recovered"
    assert robot.recover()
    assert not robot.moves
    assert robot.activate_component()
    assert controllers.switch(["states", POSITION], [], Strictness.STRICT, HERE).ok
    assert robot.moves


def test_an_idle_arm_tells_its_mode_and_a_controller_clears_a_reflex_unasked() -> None:
    controllers = manager("states")
    robot = FrankaRobot(controllers)
    controllers.switch([], [POSITION], Strictness.STRICT, HERE)
    assert robot.mode is FrankaMode.IDLE
    robot.reflex()
    assert (robot.mode, controllers.active) == (FrankaMode.REFLEX, ["states"])
    assert controllers.switch([POSITION], [], Strictness.STRICT, HERE).ok
    robot.switched()
    assert robot.mode is FrankaMode.MOVE


def test_no_controller_starts_while_the_stop_at_the_arm_is_pressed() -> None:
    controllers = manager("states")
    robot = FrankaRobot(controllers)
    controllers.switch([], [POSITION], Strictness.STRICT, HERE)
    robot.user_stop()
    assert robot.mode is FrankaMode.USER_STOPPED
    assert not robot.recover()
    refused = controllers.switch([POSITION], [], Strictness.STRICT, HERE)
    assert refused.message == "the stop at the arm is pressed; release it first"
    robot.release()
    assert controllers.switch([POSITION], [], Strictness.STRICT, HERE).ok


def test_what_is_not_finite_is_a_reflex_to_franka_and_nothing_to_ur() -> None:
    foul = Setpoint(Kind.POSITION, np.array([np.nan, 0.0]))
    robot, ur = FrankaRobot(manager("states")), UrRobot()
    robot.check(None)
    robot.check(Setpoint(Kind.POSITION, HERE))
    assert robot.moves
    robot.check(foul)
    ur.check(foul)
    assert (robot.moves, ur.moves) == (False, True)
