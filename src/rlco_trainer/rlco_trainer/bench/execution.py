# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench execution: what slow answers do to success and to motion, by how chunks are played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from rlco_core.errors import ConfigError, choices
from rlco_sim.tasks import task_class
from rlco_trainer.arguments import parse
from rlco_trainer.bench.execution_plot import write_plot
from rlco_trainer.bench.figures import document, keep
from rlco_trainer.bench.policy.execution import (
    INFERENCE,
    WAYS,
    Cell,
    Job,
    bundle_for,
    play_all,
)
from rlco_trainer.progress import progress
from rlco_trainer.settings import require_least

_VERSIONS = ("numpy", "onnxruntime", "pybullet", "ruckig")


@dataclass(frozen=True)
class BenchExecutionConfig:
    """Plays policies whose answers are late, in simulated time, with every execution of chunks.

    Attributes:
        tasks: that are tried.
        executions: of chunks, and naive: the first row of a chunk acts when it comes.
        late_ms: by which answers are late, ms.
        episodes, seed: of every cell; seeds are seed, seed + 1 ...
        bundle: directory of a policy bundle; where there is none, those that ship.
        domain, robot: of the simulation.
        processes: at a time.
        json: file that gets the figures.
        plot: PNG that gets a diagram of them.
    """

    tasks: tuple[str, ...] = ("push_cube", "pick_place", "open_drawer", "close_drawer")
    executions: tuple[str, ...] = tuple(WAYS)
    late_ms: tuple[float, ...] = (0.0, 100.0, 200.0, 300.0, 400.0)
    episodes: int = 25
    seed: int = 20_000
    bundle: Path | None = None
    domain: str = "twin"
    robot: str = "panda"
    processes: int = 1
    json: Path | None = None
    plot: Path | None = None

    def __post_init__(self) -> None:
        require_least(self, 1, "episodes", "processes")
        require_least(self, 0, "seed")
        for way in self.executions:
            if way not in WAYS:
                raise ConfigError(f"execution '{way}' is unknown; it should be {choices(WAYS)}")
        if not self.late_ms or min(self.late_ms) < 0.0:
            raise ConfigError(f"late_ms are {self.late_ms}; they should be 0 or more")


@dataclass(frozen=True)
class Bench:
    """All cells.

    Attributes:
        inference_ms: that every answer takes, however prompt.
        domain, robot: of the simulation.
        bundles: name of the bundle by task.
    """

    inference_ms: float
    domain: str
    robot: str
    bundles: dict[str, str]
    cells: tuple[Cell, ...]


def bench_execution(config: BenchExecutionConfig) -> Bench:
    """Plays all cells.

    Raises:
        RlcoError: a task, bundle, domain or robot is unsound.
    """
    tasks = [task_class(task).name for task in config.tasks]
    bundles = {task: bundle_for(task, config.robot, config.bundle) for task in tasks}
    jobs = [
        Job(
            bundles[task].root, task, config.domain, config.robot, way, late, config.episodes,
            config.seed,
        )
        for task in tasks
        for way in config.executions
        for late in config.late_ms
    ]  # fmt: skip
    cells: list[Cell] = []
    with progress("cells", len(jobs)) as advance:
        for cell in play_all(jobs, config.processes):
            cells.append(cell)
            advance(1, f"{cell.task}, {cell.way}, {cell.late_ms:g} ms: {cell.rate:.0%}")
    names = {task: bundle.manifest.name for task, bundle in bundles.items()}
    return Bench(1000.0 * INFERENCE, config.domain, config.robot, names, tuple(cells))


def show(bench: Bench, console: Console) -> None:
    """Prints a line for every cell."""
    table = Table(title="answers that are late", title_justify="left")
    headings = ("task", "execution", "late ms", "success", "time s", "starved ms", "standing ms")
    for heading in (*headings, "seam jerk rms", "max"):
        table.add_column(heading, justify="left" if heading in headings[:2] else "right")
    for cell in bench.cells:
        starved = sum(cell.starved_ms) / cell.episodes
        table.add_row(
            cell.task, cell.way, f"{cell.late_ms:g}", f"{cell.rate:.0%}", f"{cell.seconds:.2f}",
            f"{starved:.0f}", f"{cell.standing_ms:.0f}", f"{cell.seam_jerk_rms:.0f}",
            f"{cell.seam_jerk_max:.0f}",
        )  # fmt: skip
    console.print(table)


def main(arguments: Sequence[str]) -> None:
    """rlco bench execution"""
    config = parse(BenchExecutionConfig, arguments, "bench execution")
    bench = bench_execution(config)
    show(bench, Console())
    keep(document(bench, _VERSIONS), config.json)
    if config.plot is not None:
        write_plot(bench.cells, config.plot)
