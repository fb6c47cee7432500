# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A robot that is not the one that was described is told by what differs."""

from __future__ import annotations

import re

import pytest

from rlco_core.description import differences
from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig


@pytest.fixture(params=["panda", "ur5e", "fr3"])
def robot(request: pytest.FixtureRequest) -> RobotConfig:
    return RobotConfig.load(request.param)


def told(robot: RobotConfig, urdf: str, prefix: str = "") -> tuple[str, ...]:
    return differences(robot, Kinematics(robot), urdf, prefix)


def prefixed(urdf: str, prefix: str) -> str:
    return re.sub(r'(<joint name="|<mimic joint=")', rf"\1{prefix}", urdf)


def test_a_robot_fits_its_own_description(robot: RobotConfig) -> None:
    urdf = robot.urdf.read_text()
    assert told(robot, urdf) == ()
    assert told(robot, prefixed(urdf, "left_"), "left_") == ()


def test_joints_that_are_not_there_are_named(robot: RobotConfig) -> None:
    (line,) = told(robot, robot.urdf.read_text(), "left_")
    assert line.startswith(f"robot_description has no joint left_{robot.joint_names[0]}; it has ")


def test_another_arm_is_another_arm() -> None:
    ur5e, panda = RobotConfig.load("ur5e"), RobotConfig.load("panda")
    (line,) = told(ur5e, panda.urdf.read_text())
    assert "no joint shoulder_pan_joint; it has panda_joint1" in line


def test_limits_that_are_tighter_than_ours_are_named() -> None:
    ur5e = RobotConfig.load("ur5e")
    urdf = re.sub(r'velocity="[0-9.]+"', 'velocity="1.0"', ur5e.urdf.read_text())
    lines = told(ur5e, urdf)
    assert len(lines) == 6
    assert lines[0] == "shoulder_pan_joint may move at 1.00 rad/s, robot 'ur5e' allows 2.51"


def test_links_of_another_length_are_noticed() -> None:
    ur5e = RobotConfig.load("ur5e")
    urdf = ur5e.urdf.read_text()
    longer = urdf.replace('xyz="-0.425 0 0"', 'xyz="-0.465 0 0"')
    assert longer != urdf
    (line,) = told(ur5e, longer)
    assert line.startswith("its wrist is 40.0 mm and 0.000 rad from where ur5e.urdf has it at home")
    assert "give the robot its own URDF" in line


def test_what_is_no_urdf_is_refused() -> None:
    (line,) = told(RobotConfig.load("panda"), "<not a robot")
    assert line.startswith("robot_description is no URDF")
