# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench sim: control steps per second with an image per decision."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import gymnasium
import numpy as np
from rich.console import Console
from rich.table import Table

import rlco_sim  # noqa: F401
from rlco_core.errors import ConfigError
from rlco_trainer.arguments import parse
from rlco_trainer.files import write_text

_ENVIRONMENT = "rlco/PushCube-v0"
_EXECUTE = 4
# Small random actions: the arm stays where it is, so every step costs the same.
_CALM = 0.2


@dataclass(frozen=True)
class BenchConfig:
    """Speed of the simulation, every figure measured in one run.

    Attributes:
        seconds: per measurement.
        repeats: measurements per row; the median is shown.
        json: file that gets the figures.
    """

    seconds: float = 5.0
    repeats: int = 3
    json: Path | None = None


@dataclass(frozen=True)
class Row:
    """Control steps per second over all processes: median, slowest and fastest repeat."""

    processes: int
    steps_per_second: float
    slowest: float
    fastest: float


def measure(processes: int, seconds: float) -> float:
    """Control steps per second of ``processes`` environments that act at random."""
    envs = gymnasium.make_vec(_ENVIRONMENT, num_envs=processes, vectorization_mode="async")
    rng = np.random.default_rng(0)
    space = envs.action_space
    assert isinstance(space, gymnasium.spaces.Box)
    low, high = _CALM * space.low, _CALM * space.high
    envs.reset(seed=0)
    try:
        envs.step(rng.uniform(low, high).astype(np.float32))
        steps, started = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - started) < seconds:
            envs.step(rng.uniform(low, high).astype(np.float32))
            steps += processes * _EXECUTE
        return steps / elapsed
    finally:
        envs.close()


def bench_sim(config: BenchConfig) -> list[Row]:
    """One row for one process and one for two, measured by turns.

    Raises:
        ConfigError: nothing would be measured.
    """
    if config.repeats < 1 or not config.seconds > 0.0:
        raise ConfigError("--repeats must be at least 1 and --seconds positive")
    samples: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(config.repeats):
        for processes, values in samples.items():
            values.append(measure(processes, config.seconds))
    return [
        Row(processes, float(np.median(values)), min(values), max(values))
        for processes, values in samples.items()
    ]


def main(arguments: Sequence[str]) -> None:
    """rlco bench sim"""
    config = parse(BenchConfig, arguments, "bench sim")
    rows = bench_sim(config)
    table = Table(title=f"{_ENVIRONMENT}, one 64x64 image every {_EXECUTE} control steps")
    for heading in ("processes", "control steps/s", "slowest", "fastest"):
        table.add_column(heading, justify="right")
    for row in rows:
        figures = (row.steps_per_second, row.slowest, row.fastest)
        table.add_row(str(row.processes), *(f"{figure:.0f}" for figure in figures))
    Console().print(table)
    if config.json is not None:
        write_text(config.json, json.dumps([asdict(row) for row in rows], indent=2) + "\n")
