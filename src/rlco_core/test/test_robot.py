# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Robots come from files, and wrong files are refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig

PANDA = RobotConfig.load("panda")


def edited(tmp_path: Path, **changes: object) -> Path:
    source = PANDA.urdf.parent / "panda.yaml"
    raw = {**yaml.safe_load(source.read_text()), "urdf": str(PANDA.urdf), **changes}
    path = tmp_path / "robot.yaml"
    path.write_text(yaml.safe_dump(raw))
    return path


def edited_limits(tmp_path: Path, **changes: object) -> Path:
    return edited(tmp_path, limits={**PANDA.limits.model_dump(mode="json"), **changes})


def test_the_shipped_panda() -> None:
    assert PANDA.joint_names == tuple(f"panda_joint{k}" for k in range(1, 8))
    assert PANDA.gripper_joint_names == ("panda_finger_joint1", "panda_finger_joint2")
    assert (PANDA.base_frame, PANDA.ee_frame) == ("panda_link0", "panda_hand_tcp")
    topics = (PANDA.controller_topic, PANDA.gripper.controller_topic, PANDA.joint_states_topic)
    assert not any(topic.startswith("/") for topic in topics), "namespaces must work"
    assert PANDA.urdf.is_file()


def test_a_robot_by_path(tmp_path: Path) -> None:
    assert RobotConfig.load(edited(tmp_path, name="mine")).name == "mine"


def test_the_urdf_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    robot = RobotConfig.load(edited(tmp_path, urdf="arms/mine.urdf"))
    assert robot.urdf == tmp_path.resolve() / "arms" / "mine.urdf"


def test_a_robot_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        PANDA.limits.linear_speed = 9.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"hom": [0.0]}, "hom: unknown key; did you mean 'home'"),
        ({"home": [0.0]}, "home has 1 values for 7 joints"),
        ({"joints": []}, "joints: "),
    ],
)
def test_wrong_files_name_the_key(tmp_path: Path, changes: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        RobotConfig.load(edited(tmp_path, **changes))


def test_unknown_names_list_what_ships() -> None:
    with pytest.raises(ConfigError, match=r"neither a shipped robot \('fr3', 'panda' or 'ur5e'\)"):
        RobotConfig.load("pnda")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"workspace_margin": float("inf")}, "limits.workspace_margin: .*finite number"),
        ({"linear_speed": float("nan")}, "limits.linear_speed: .*finite number"),
        ({"linear_speed": 0.0}, "limits.linear_speed: .*greater than 0"),
        ({"velocity_scale": 1.1}, "limits.velocity_scale: .*less than or equal to 1"),
        ({"force": 0.0}, "limits.force: .*greater than 0"),
        ({"torque": float("inf")}, "limits.torque: .*finite number"),
        ({"joint_margin": -0.1}, "limits.joint_margin: .*greater than or equal to 0"),
        (
            {"workspace": {"lower": [0, 0, 0], "upper": [1, 1, 0]}},
            "limits.workspace: .*every lower corner must be below its upper corner",
        ),
        (
            {"workspace": {"lower": [0, 0, float("nan")], "upper": [1, 1, 1]}},
            "limits.workspace.lower.2: .*finite number",
        ),
        ({"workspace": {"lower": [0, 0], "upper": [1, 1, 1]}}, "limits.workspace.lower: .*3 items"),
        ({"collision_margin": None}, "limits: .*a table is looked at only where there is a"),
        (
            {"keep_out": {"table": {"lower": [0, 0, 0], "upper": [1, 1, 1]}}},
            "limits: .*a box in keep_out is called 'table'",
        ),
    ],
)
def test_limits_that_limit_nothing_are_refused(
    tmp_path: Path, changes: dict[str, object], named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        RobotConfig.load(edited_limits(tmp_path, **changes))


def test_a_gripper_that_does_not_move_is_refused(tmp_path: Path) -> None:
    gripper = {**PANDA.gripper.model_dump(mode="json"), "closed": 0.04}
    with pytest.raises(ConfigError, match=r"closed and open are both 0\.04; they must differ"):
        RobotConfig.load(edited(tmp_path, gripper=gripper))


def test_a_gripper_may_close_towards_larger_positions() -> None:
    robotiq = PANDA.gripper.model_copy(update={"closed": 0.8, "open": 0.0})
    assert robotiq.joint_position(0.75) == pytest.approx(0.2)
    assert robotiq.opening(0.2) == pytest.approx(0.75)
    assert (robotiq.opening(0.9), robotiq.opening(-0.1)) == (0.0, 1.0)


def test_gripper_openings_and_positions() -> None:
    assert PANDA.gripper.joint_position(0.25) == pytest.approx(0.01)
    assert PANDA.gripper.opening(0.01) == pytest.approx(0.25)
    assert PANDA.gripper.opening(0.05) == 1.0
