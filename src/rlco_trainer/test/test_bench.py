# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench sim: it measures what it says, and leaves figures that a program can read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlco_core.errors import ConfigError
from rlco_trainer import bench
from rlco_trainer.bench import BenchConfig, Row, bench_sim, main, measure


def test_the_real_simulation_is_measured() -> None:
    assert measure(1, 0.05) > 1.0


def test_rows_are_the_median_of_repeats_taken_by_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, float]] = []
    figures = iter([10.0, 100.0, 30.0, 300.0, 20.0, 200.0])

    def measured(processes: int, seconds: float) -> float:
        asked.append((processes, seconds))
        return next(figures)

    monkeypatch.setattr(bench, "measure", measured)
    rows = bench_sim(BenchConfig(seconds=0.5, repeats=3))
    assert rows == [Row(1, 20.0, 10.0, 30.0), Row(2, 200.0, 100.0, 300.0)]
    assert asked == [(1, 0.5), (2, 0.5)] * 3


def test_the_command_shows_and_writes_the_same_figures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "measure", lambda processes, seconds: 432.0 * processes)
    path = tmp_path / "new" / "bench.json"
    main(["--seconds", "0.1", "--repeats", "2", "--json", str(path)])
    shown = capsys.readouterr().out
    assert "432" in shown
    assert "864" in shown
    assert json.loads(path.read_text()) == [
        {"processes": n, "steps_per_second": 432.0 * n, "slowest": 432.0 * n, "fastest": 432.0 * n}
        for n in (1, 2)
    ]


@pytest.mark.parametrize(
    "config",
    [BenchConfig(repeats=0), BenchConfig(seconds=0.0), BenchConfig(seconds=float("nan"))],
)
def test_measuring_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, config: BenchConfig) -> None:
    monkeypatch.delattr(bench, "measure")
    with pytest.raises(ConfigError, match="--repeats must be at least 1 and --seconds positive"):
        bench_sim(config)
