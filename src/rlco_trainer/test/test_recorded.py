# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Recorded teleoperation: what becomes of it, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlco_core.errors import DatasetError, RlcoError
from rlco_core.kinematics import Kinematics
from rlco_core.motion import ActionPath
from rlco_core.proprioception import Posture, proprioception
from rlco_core.robot import RobotConfig
from rlco_trainer import cli
from rlco_trainer.demonstrations.recorded import ImportConfig, import_recordings
from rlco_trainer.learning.datasets import load
from rlco_trainer.lerobot import Dataset

LENGTH = 12


@pytest.fixture(scope="module")
def played() -> dict[str, Any]:
    """Small actions through the action path; the arm follows half a step behind."""
    rng = np.random.default_rng(3)
    path = ActionPath(RobotConfig.load("ur5e"), 0.05)
    actions = np.c_[rng.uniform(-0.004, 0.004, (LENGTH - 1, 6)), rng.uniform(0, 1, LENGTH - 1)]
    told, openings = [path.command.copy()], [path.gripper_opening]
    for action in actions:
        command = path.step(action)
        assert command.verdict.accepted
        told.append(command.joints.copy())
        openings.append(path.gripper_opening)
    return {
        "actions": actions,
        "stamp": 7.0 + 0.05 * np.arange(LENGTH),
        "image": rng.integers(0, 256, (LENGTH, 48, 64, 3), dtype=np.uint8),
        "joints": np.array(told) - 0.002,
        "opening": np.full(LENGTH, 0.5),
        "told_joints": np.array(told),
        "told_opening": np.array(openings),
        "instruction": "put the ball into the box",
    }


def written(path: Path, played: dict[str, Any], **others: Any) -> Path:
    arrays = {**played, **others}
    del arrays["actions"]
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


def test_actions_are_those_that_were_played_and_states_what_a_robot_would_say(
    played: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [written(tmp_path / f"{number}.npz", played) for number in range(2)]
    words = ["--out", str(tmp_path / "demos"), "--task", "pick_place", "--robot", "ur5e"]
    assert cli.main(["import", "--recordings", *map(str, files), *words]) == 0
    assert "2 demonstrations in " in capsys.readouterr().out
    loaded = load(tmp_path / "demos")
    assert (loaded.robot, loaded.task, loaded.domain) == ("ur5e", "pick_place", "my_cell")
    first = loaded.data.actions[: LENGTH - 1]
    # Inverse kinematics has answered each target to a tenth of a millimetre.
    np.testing.assert_allclose(first, played["actions"], atol=3e-4)
    kinematics = Kinematics(RobotConfig.load("ur5e"))
    measured, told = (
        Posture(played[joints][4], float(played[opening][4]))
        for joints, opening in (("joints", "opening"), ("told_joints", "told_opening"))
    )
    np.testing.assert_array_equal(loaded.data.states[4], proprioception(kinematics, measured, told))
    dataset = Dataset.open(tmp_path / "demos")
    assert dataset.episodes[1].task == "put the ball into the box"
    assert dataset.load().images["front"].shape[1:] == (64, 64, 3)


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({"told_joints": None}, "lacks 'told_joints'"),
        ({"image": np.zeros((LENGTH, 48, 64), np.uint8)}, r"should be \(T, H, W, 3\) uint8"),
        ({"opening": np.zeros(3)}, r"opening is \(3,\) float64; with 12 stamps: \(12,\)"),
        ({"told_opening": np.full(LENGTH, 1.5)}, r"told_opening leaves \[0, 1\]"),
        ({"joints": np.full((LENGTH, 6), np.nan)}, "joints is not finite"),
        ({"instruction": " "}, "an instruction"),
        ({"stamp": 0.1 * np.arange(LENGTH)}, "recorded at 10.0 Hz; policies act at 20 Hz"),
        (
            {"stamp": 0.05 * np.arange(LENGTH) + 0.045 * (np.arange(LENGTH) == 5)},
            "0.095 s between instants 4 and 5",
        ),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_written(
    others: dict[str, Any], told: str, played: dict[str, Any], tmp_path: Path
) -> None:
    files = (
        written(tmp_path / "good.npz", played),
        written(tmp_path / "bad.npz", played, **others),
    )
    with pytest.raises(DatasetError, match=f"bad.npz.*{told}"):
        import_recordings(ImportConfig(files, tmp_path / "demos", "pick_place", "ur5e"))
    assert not (tmp_path / "demos").exists()


def test_another_arm_a_text_file_and_nothing_at_all_are_refused(
    played: dict[str, Any], tmp_path: Path
) -> None:
    file, out = written(tmp_path / "one.npz", played), tmp_path / "demos"
    with pytest.raises(DatasetError, match="recorded with 6 joints; the arm has 7"):
        import_recordings(ImportConfig((file,), out, "pick_place", "panda"))
    (tmp_path / "text.npz").write_text("stamp,image")
    with pytest.raises(DatasetError, match=r"text\.npz is not a recording"):
        import_recordings(ImportConfig((tmp_path / "text.npz",), out, "pick_place", "ur5e"))
    for config in (
        ImportConfig((), out, "pick_place", "ur5e"),
        ImportConfig((file,), out, "juggle", "ur5e"),
    ):
        with pytest.raises(RlcoError):
            import_recordings(config)
    assert not out.exists()


def test_demonstrations_that_are_too_fast_are_counted(
    played: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = played["told_joints"].copy()
    told[6:, 0] += 0.5
    file = written(tmp_path / "one.npz", played, told_joints=told)
    words = ["--out", str(tmp_path / "demos"), "--task", "pick_place", "--robot", "ur5e"]
    assert cli.main(["import", "--recordings", str(file), *words]) == 0
    assert "1 actions are faster than " in capsys.readouterr().out
