# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Drivers as data: those that ship are sound, and foul ones are refused in a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlco_bridge.driver import DriverConfig
from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig


@pytest.mark.parametrize("name", ["sim", "ur", "ur_stream", "franka", "franka_crisp"])
def test_drivers_that_ship_are_sound(name: str) -> None:
    driver = DriverConfig.load(name)
    assert driver.gripper.position(0.0) == driver.gripper.closed
    assert driver.gripper.position(1.0) == driver.gripper.open


@pytest.mark.parametrize(
    ("name", "robot", "controller"),
    [
        ("ur", "ur5e", "scaled_joint_trajectory_controller"),
        ("ur_stream", "ur5e", "forward_position_controller"),
        ("franka", "panda", "panda_arm_controller"),
        ("franka_crisp", "fr3", "joint_impedance_controller"),
    ],
)
def test_a_driver_knows_its_controller_by_name(name: str, robot: str, controller: str) -> None:
    assert DriverConfig.load(name).controller(RobotConfig.load(robot)) == controller


def test_who_is_only_looked_at_may_be_led_by_the_tool() -> None:
    driver = DriverConfig.load("ur")
    assert driver.wrench == "force_torque_sensor_broadcaster/wrench"
    assert driver.unheard().wrench == ""


def test_what_is_unknown_is_refused_with_what_is_known(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="driver 'abb' is neither a shipped driver"):
        DriverConfig.load("abb")
    own = tmp_path / "own.yaml"
    own.write_text("arm: {kind: telepathy}\ngripper: {kind: joint_trajectory}\n")
    with pytest.raises(ConfigError, match=r"arm\.kind: .*joint_trajectory"):
        DriverConfig.load(own)
    own.write_text("arm: {kind: twist, topic: t}\ngripper: {kind: joint_trajectory}\n")
    with pytest.raises(ConfigError, match=r"arm\.topic: unknown key"):
        DriverConfig.load(own)


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    patient = DriverConfig.load("ur").waiting(7.5)
    assert patient.gripper.patience == 7.5
    assert DriverConfig.load(patient.write(tmp_path / "new" / "driver.yaml")) == patient
