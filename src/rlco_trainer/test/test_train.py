# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco train sft: from a dataset on disk to a run directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from rlco_core.errors import DatasetError
from rlco_trainer.demonstrate import Demonstration
from rlco_trainer.lerobot import Dataset, DatasetWriter, Features
from rlco_trainer.sft import CHECKPOINT
from rlco_trainer.train import load_demonstrations, main

SETTINGS = {"steps": 2, "batch": 8, "held-out": 1, "width": 32, "layers": 1, "heads": 2}
SMALL = [word for name, value in SETTINGS.items() for word in (f"--{name}", str(value))]


@pytest.fixture
def threads() -> Iterator[int]:
    """Puts back what a command does to torch."""
    before = torch.get_num_threads()
    yield before
    torch.set_num_threads(before)


def test_the_command_leaves_a_checkpoint_and_says_what_comes_next(
    dataset_root: Path, tmp_path: Path, threads: int, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    main(
        [
            "--dataset",
            str(dataset_root),
            "--out",
            str(out),
            "--device",
            "cpu",
            "--threads",
            "1",
            *SMALL,
        ]
    )
    assert torch.get_num_threads() == 1
    assert (out / CHECKPOINT).is_file()
    assert list(out.glob("events.out.tfevents.*"))
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"checkpoint: {out / CHECKPOINT}; next: rlco export --checkpoint {out}"
    )


def test_frames_are_loaded_as_they_were_recorded(
    dataset_root: Path, demonstration: Demonstration
) -> None:
    loaded = load_demonstrations(Dataset.open(dataset_root))
    length = len(demonstration.actions)
    assert (
        loaded.episode_ends.tolist() == np.repeat([length, 2 * length, 3 * length], length).tolist()
    )
    assert (loaded.actions[length : 2 * length] == demonstration.actions).all()
    assert (loaded.states[:length] == demonstration.states).all()
    # Images went through a lossy video.
    error = np.abs(loaded.images[:length].astype(int) - demonstration.images).mean()
    assert error < 4.0


def write_views(root: Path, cameras: int) -> Dataset:
    names = [f"camera_{index}" for index in range(cameras)]
    features = Features(dict.fromkeys(names, (8, 8)), ("x",), ("dx",), {})
    row, image = np.zeros((1, 1), np.float32), np.zeros((1, 8, 8, 3), np.uint8)
    with DatasetWriter(root, robot_type="panda", fps=20, features=features) as writer:
        writer.add_episode(dict.fromkeys(names, image), row, row, "push", {})
    return Dataset.open(root)


def test_a_dataset_with_two_cameras_is_refused(tmp_path: Path) -> None:
    dataset = write_views(tmp_path, 2)
    with pytest.raises(DatasetError, match="has 2 cameras; the nano policy sees exactly one"):
        load_demonstrations(dataset)


def test_a_missing_dataset_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="nowhere"):
        main(["--dataset", str(tmp_path / "nowhere"), "--out", str(tmp_path / "run")])
    assert not (tmp_path / "run").exists()
