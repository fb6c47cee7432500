# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Curves are where TensorBoard looks for them, are what counts, and survive a full disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from machine import files_at_most
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rlco_trainer.learning.curves import Curves


def points(root: Path, name: str) -> list[tuple[int, float]]:
    events = EventAccumulator(str(root))
    events.Reload()
    return [(point.step, point.value) for point in events.Scalars(name)]


def test_points_are_on_the_disk_after_a_flush(tmp_path: Path) -> None:
    curves = Curves(tmp_path / "run", 0)
    curves.add("loss", 0.5, 1)
    curves.add("loss", 0.25, 2)
    curves.add("rate", 1.0, 2)
    curves.flush()
    assert points(tmp_path / "run", "loss") == [(1, 0.5), (2, 0.25)]
    assert points(tmp_path / "run", "rate") == [(2, 1.0)]


def test_what_is_past_the_steps_that_count_is_dropped(tmp_path: Path) -> None:
    before = Curves(tmp_path, 0)
    for step in range(1, 5):
        before.add("loss", 1.0, step)
    before.flush()
    after = Curves(tmp_path, 2)
    after.add("loss", 2.0, 3)
    after.flush()
    assert points(tmp_path, "loss") == [(1, 1.0), (2, 1.0), (3, 2.0)]


def test_a_full_disk_is_told_once_and_costs_no_point(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    curves = Curves(tmp_path, 0)
    curves.add("loss", 1.0, 1)
    curves.flush()
    (path,) = tmp_path.iterdir()
    with files_at_most(path.stat().st_size + 20):
        for step in (2, 3):
            curves.add("loss", 1.0, step)
            curves.flush()
    assert capsys.readouterr().err == f"curves wait: {path}: File too large\n"
    assert points(tmp_path, "loss") == [(1, 1.0)], "what is torn is not read"
    curves.add("loss", 1.0, 4)
    curves.flush()
    assert points(tmp_path, "loss") == [(step, 1.0) for step in (1, 2, 3, 4)]
    with files_at_most(path.stat().st_size):
        curves.add("loss", 1.0, 5)
        curves.flush()
    assert "File too large" in capsys.readouterr().err, "a second time is told, too"
