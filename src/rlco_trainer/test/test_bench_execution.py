# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench execution: cells, table, figures and diagram; and the part of bench policy."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from rlco_core.chunks import Terms
from rlco_core.errors import ConfigError
from rlco_core.types import ActionChunk
from rlco_trainer.bench import execution
from rlco_trainer.bench.execution import BenchExecutionConfig, bench_execution, show
from rlco_trainer.bench.execution_plot import write_plot
from rlco_trainer.bench.policy import execution as part
from rlco_trainer.bench.policy.execution import WAYS, Cell, Job
from rlco_trainer.bench.policy.naive import Naive
from rlco_trainer.bench.policy.part import Options

CELL = Cell("push_cube", "naive", 300.0, 4, 3, (0.3, 0.95), 2.5, (0, 0, 100, 300), 12.0, 9.0, 20.0)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Jobs that were to be played; every cell comes out as ``CELL``, prompt ones as successes."""
    jobs: list[Job] = []

    def played(some: list[Job], processes: int) -> list[Cell]:
        jobs.extend(some)
        return [
            replace(CELL, way=job.way, late_ms=job.late_ms, successes=3 if job.late_ms else 4)
            for job in some
        ]

    for module in (execution, part):
        monkeypatch.setattr(module, "play_all", played)
    return jobs


def test_a_real_cell_is_played() -> None:
    root = part.bundle_for("open_drawer", "panda", None).root
    job = Job(root, "open_drawer", "twin", "panda", "asynchronous", 300.0, 1, 20_000)
    (cell,) = part.play_all([job], 1)
    assert (cell.task, cell.way, cell.late_ms, cell.episodes) == (
        "open_drawer", "asynchronous", 300.0, 1,
    )  # fmt: skip
    assert (cell.starved_ms, cell.standing_ms) == ((0,), 0.0), "motion never waits"
    assert 0.0 < cell.seam_jerk_rms <= cell.seam_jerk_max


def test_all_cells_are_asked_for_and_kept(
    asked: list[Job], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, drawn = tmp_path / "bench.json", tmp_path / "bench.png"
    cells = ["--tasks", "push_cube", "--executions", "naive", "blending", "--late-ms", "0", "300"]
    execution.main([*cells, "--episodes", "4", "--json", str(out), "--plot", str(drawn)])
    told = [(job.task, job.way, job.late_ms, job.episodes) for job in asked]
    assert told == [
        ("push_cube", way, late, 4) for way in ("naive", "blending") for late in (0.0, 300.0)
    ]
    found = json.loads(out.read_text())
    assert (found["inference_ms"], found["bundles"]) == (5.0, {"push_cube": "push_cube_panda"})
    assert [cell["starved_ms"] for cell in found["cells"]] == [[0, 0, 100, 300]] * 4
    assert drawn.read_bytes().startswith(b"\x89PNG")
    assert "naive" in capsys.readouterr().out


def test_the_table_has_means(asked: list[Job]) -> None:
    console = Console(record=True, width=160)
    show(bench_execution(BenchExecutionConfig(tasks=("push_cube",), late_ms=(300.0,))), console)
    lines = [line for line in console.export_text().splitlines() if "push_cube" in line]
    assert len(lines) == len(WAYS)
    assert [cell.strip() for cell in lines[0].split("│")[1:-1]] == [
        "push_cube", "synchronous", "300", "75%", "2.50", "100", "12", "9", "20",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"executions": ("eager",)}, "execution 'eager' is unknown; it should be 'asynchronous'"),
        ({"late_ms": (-1.0,)}, r"late_ms are \(-1.0,\); they should be 0 or more"),
        ({"episodes": 0}, "episodes is 0; it should be 1 or more"),
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict[str, object], line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        BenchExecutionConfig(**settings)  # type: ignore[arg-type]


def test_the_part_of_bench_policy_compares_late_answers_with_prompt_ones(asked: list[Job]) -> None:
    found = part.measure(Options(threads=(1,)))
    assert found.ratios == {"late_success": 0.75}
    assert [row["name"] for row in found.rows][:2] == [
        "execution asynchronous, 0 ms late",
        "execution synchronous, 300 ms late",
    ]
    assert len(found.rows) == 1 + len(WAYS)
    for row in found.rows:
        assert (row["threads"], row["p50_ms"]) == (1, 50.0)
        assert 250.0 < float(str(row["p99_ms"])) <= 300.0


def test_a_diagram_of_nothing_but_failures(tmp_path: Path) -> None:
    write_plot([replace(CELL, successes=0, seconds=0.0)], tmp_path / "bench.png")
    assert (tmp_path / "bench.png").stat().st_size > 1000


def test_who_is_naive_plays_the_first_row_whenever_it_comes() -> None:
    naive = Naive(Terms(0.05, 4, 8))
    assert naive.at(0) is None
    rows = np.tile(np.arange(8, dtype=np.float32)[:, None], (1, 7))
    chunk = ActionChunk(0, 0.05, rows, "hash")
    assert naive.judge(chunk, 10**12).accepted
    naive.put(chunk, 10**12)
    action = naive.at(10**12 + 60_000_000)
    assert action is not None
    assert action[0] == 1.0
    assert naive.at(10**12 + 400_000_000) is None
    naive.clear()
    assert naive.at(10**12) is None
