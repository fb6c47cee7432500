# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench hours: hours of simulated operation, and whether the last is as quick as the first.

Simulator, policy and bridge run in lock-step as processes over DDS, whole episodes one after the
other. An hour is one of simulated time, in which the arm moves. Latency is from the arrival of an
observation at the bridge to the first command that answers it, inference included. The rule, stated
beforehand: p99 of the last hour is at most 10% above the first's, and no process holds more than 2%
more memory at the end than after its first hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from rlco_bridge.client import EpisodeClient
from rlco_sim.session import DT
from rlco_trainer.arguments import parse
from rlco_trainer.bench.figures import document, keep, show_figures
from rlco_trainer.bench.lockstep import lockstep_system
from rlco_trainer.bench.soak.footprint import Footprint
from rlco_trainer.progress import progress
from rlco_trainer.settings import require_least

#: What the last hour may be, of the first.
MOST_LATENCY, MOST_MEMORY = 1.10, 1.02
_FIRST_SEED, _KB_PER_MB = 80_000, 1024
_VERSIONS = ("numpy", "onnxruntime", "pybullet")


@dataclass(frozen=True)
class BenchHoursConfig:
    """Plays hours of simulated operation.

    Attributes:
        hours: how many.
        minutes: length of an hour; less than 60 to try it.
        task, robot: what is simulated, with the policy that ships for it.
        json: file that gets the figures.
    """

    hours: int = 8
    minutes: float = 60.0
    task: str = "push_cube"
    robot: str = "panda"
    json: Path | None = None

    def __post_init__(self) -> None:
        require_least(self, 2, "hours")
        require_least(self, 0.1, "minutes")


@dataclass(frozen=True)
class Hour:
    """One hour: episodes, decisions, their latency, and memory at its end by process."""

    episodes: int
    decisions: int
    p50_ms: float
    p99_ms: float
    memory_mb: Mapping[str, float]


@dataclass(frozen=True)
class Bench:
    """All hours.

    Attributes:
        minutes: length of an hour.
        latency: p99 of the last hour over that of the first.
        memory: at the end over that after the first hour, by process.
        steady: whether both are within the rule.
    """

    minutes: float
    latency: float
    memory: Mapping[str, float]
    steady: bool
    hours: tuple[Hour, ...]


@dataclass
class Running:
    """An hour under way."""

    simulated_s: float = 0.0
    episodes: int = 0
    latencies_ms: list[float] = field(default_factory=list)

    def over(self, memory_mb: Mapping[str, float]) -> Hour:
        """Its figures."""
        p50, p99 = np.percentile(self.latencies_ms, (50, 99)).round(2).tolist()
        return Hour(self.episodes, len(self.latencies_ms), p50, p99, memory_mb)


def bench_hours(config: BenchHoursConfig) -> Bench:
    """Plays all hours.

    Raises:
        RlcoError: the system did not start, or a node of it died.
    """
    with lockstep_system(config.task, config.robot) as (client, pids):
        hours = tuple(_play(config, client, pids))
    return judged(config.minutes, hours)


def _play(
    config: BenchHoursConfig, client: EpisodeClient, pids: Mapping[str, int]
) -> Iterator[Hour]:
    seed = _FIRST_SEED
    with progress("simulated minutes", round(config.hours * config.minutes)) as advance:
        for _ in range(config.hours):
            running, told = Running(), 0
            while running.simulated_s < config.minutes * 60.0:
                report = client.run(config.task, seed)
                seed += 1
                running.simulated_s += report.steps * DT
                running.episodes += 1
                running.latencies_ms += report.latency_ms
                passed = min(int(running.simulated_s / 60.0), int(config.minutes))
                advance(passed - told)
                told = passed
            memory = {name: Footprint.of(pid).rss_kb / _KB_PER_MB for name, pid in pids.items()}
            yield running.over({name: round(mb, 2) for name, mb in memory.items()})


def judged(minutes: float, hours: Sequence[Hour]) -> Bench:
    """The last hour held against the first."""
    first, last = hours[0], hours[-1]
    latency = last.p99_ms / first.p99_ms
    memory = {name: last.memory_mb[name] / mb for name, mb in first.memory_mb.items()}
    return Bench(
        minutes=minutes,
        latency=round(latency, 3),
        memory={name: round(share, 3) for name, share in memory.items()},
        steady=latency <= MOST_LATENCY and max(memory.values()) <= MOST_MEMORY,
        hours=tuple(hours),
    )


def show(bench: Bench, console: Console) -> None:
    """Prints a row for every hour."""
    table = Table(title=f"hours of {bench.minutes:g} simulated minutes", title_justify="left")
    names = list(bench.hours[0].memory_mb)
    for heading in ("hour", "episodes", "decisions", "p50, ms", "p99, ms", *names):
        table.add_column(heading, justify="right")
    for number, hour in enumerate(bench.hours, 1):
        counts = (number, hour.episodes, hour.decisions, hour.p50_ms, hour.p99_ms)
        memory = (f"{hour.memory_mb[name]:.1f} MB" for name in names)
        table.add_row(*map(str, counts), *memory)
    console.print(table)
    figures: dict[str, object] = {"p99 latency": bench.latency, **bench.memory}
    figures["steady"] = bench.steady
    show_figures("last hour over the first", figures, console)


def main(arguments: Sequence[str]) -> int:
    """rlco bench hours; 1 where the last hour is not as the first."""
    config = parse(BenchHoursConfig, arguments, "bench hours")
    bench = bench_hours(config)
    show(bench, Console())
    keep(document(bench, _VERSIONS), config.json)
    return 0 if bench.steady else 1
