# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Robots and their limits come from files, and wrong files are refused in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from rlco_core.errors import ConfigError
from rlco_core.kinematics import Kinematics
from rlco_core.limits import Setpoint
from rlco_core.limits.joint_position import JointPositionLimit
from rlco_core.limits.joint_velocity import JointVelocityLimit
from rlco_core.limits.workspace import WorkspaceLimit
from rlco_core.robot import RobotConfig

PANDA = RobotConfig.load("panda")


def edited(tmp_path: Path, **changes: object) -> Path:
    source = PANDA.urdf.parent / "panda.yaml"
    raw = {**yaml.safe_load(source.read_text()), "urdf": str(PANDA.urdf), **changes}
    path = tmp_path / "robot.yaml"
    path.write_text(yaml.safe_dump(raw))
    return path


def test_a_robot_by_path(tmp_path: Path) -> None:
    assert RobotConfig.load(edited(tmp_path, name="mine")).name == "mine"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"hom": [0.0]}, "hom: Extra inputs"),
        ({"home": [0.0]}, "home has 1 values for 7 joints"),
        ({"joints": []}, "joints: "),
    ],
)
def test_wrong_files_name_the_key(tmp_path: Path, changes: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        RobotConfig.load(edited(tmp_path, **changes))


def test_unknown_names_list_what_ships() -> None:
    with pytest.raises(ConfigError, match="neither a shipped robot \\('panda'\\) nor a YAML file"):
        RobotConfig.load("pnda")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ee_frame": "nose"}, "frame 'nose' is not in panda.urdf"),
        ({"joints": [f"j{k}" for k in range(7)]}, "joint 'j0' is not in panda.urdf"),
        ({"joints": list(reversed(PANDA.joints))}, "from base to tip"),
    ],
)
def test_names_must_be_in_the_urdf(tmp_path: Path, changes: dict[str, object], named: str) -> None:
    robot = RobotConfig.load(edited(tmp_path, **changes))
    with pytest.raises(ConfigError, match=named):
        Kinematics(robot)


def test_gripper_openings_and_positions() -> None:
    assert PANDA.gripper.joint_position(0.25) == pytest.approx(0.01)
    assert PANDA.gripper.opening(0.01) == pytest.approx(0.25)
    assert PANDA.gripper.opening(0.05) == 1.0


def setpoint(joints: float = 0.0, previous: float = 0.0, z: float = 0.0) -> Setpoint:
    ones = np.ones(2)
    return Setpoint(joints * ones, previous * ones, np.array([0.0, 0.0, z]), 0.05)


def test_each_limit_says_what_would_break_it() -> None:
    names = ("a", "b")
    position = JointPositionLimit(names, [-1.0, -1.0], [1.0, 1.0], margin=0.1)
    assert position.check(setpoint(0.9)).accepted
    assert "a would be 0.910 rad, outside -0.900..0.900" in position.check(setpoint(0.91)).reason
    velocity = JointVelocityLimit(names, [1.0, 2.0])
    assert velocity.check(setpoint(0.05)).accepted
    assert "a would move at 1.20 rad/s, 1.00 allowed" in velocity.check(setpoint(0.06)).reason
    box = WorkspaceLimit([-1, -1, 0.0], [1, 1, 1], margin=0.01)
    assert box.check(setpoint(z=-0.01)).accepted
    assert "z would be -0.020 m" in box.check(setpoint(z=-0.02)).reason
