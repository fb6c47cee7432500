# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench soak: memory and open files of a running system, over very many episodes.

Simulator, policy and bridge run in lock-step as processes over DDS, as ``rlco eval --ros`` starts
them, and this command is their client; episodes are cut short, as it is their beginnings and ends
that could leave something behind. The rule, stated beforehand: a process is flat where over the
second half of the episodes a line through its resident memory grew by less than 2% and less than
2 MB, and its open handles and threads never changed. In the first half caches may fill.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from rlco_bridge.client import EpisodeClient
from rlco_core.errors import ConfigError
from rlco_trainer.arguments import parse
from rlco_trainer.bench.figures import document, keep, show_figures
from rlco_trainer.bench.lockstep import lockstep_system
from rlco_trainer.bench.soak.footprint import Footprint
from rlco_trainer.bench.soak.plot import write_plot
from rlco_trainer.bench.soak.trend import Process
from rlco_trainer.progress import progress
from rlco_trainer.settings import require_least

_FIRST_SEED = 70_000
#: Samples that a line through half of them needs.
_FEWEST = 6
_VERSIONS = ("numpy", "onnxruntime", "pybullet")


@dataclass(frozen=True)
class BenchSoakConfig:
    """Watches memory and open files of a running system over very many episodes.

    Attributes:
        episodes: short ones, in lock-step.
        max_steps: control periods of each.
        every: episodes from one look to the next.
        task, robot: what is simulated, with the policy that ships for it.
        json: file that gets the figures.
        plot: PNG that gets the memory over episodes.
    """

    episodes: int = 10_000
    max_steps: int = 10
    every: int = 100
    task: str = "push_cube"
    robot: str = "panda"
    json: Path | None = None
    plot: Path | None = None

    def __post_init__(self) -> None:
        for name in ("episodes", "max_steps", "every"):
            require_least(self, 1, name)
        if self.episodes // self.every < _FEWEST:
            raise ConfigError(
                f"{self.episodes} episodes with a look at every {self.every} give too few to fit "
                f"a line; there should be {_FEWEST} looks or more"
            )


@dataclass(frozen=True)
class Bench:
    """All processes.

    Attributes:
        episodes, max_steps: as configured.
        ends: how episodes ended.
        flat: whether all processes are.
        episodes_per_second: that were possible.
        looks: after how many episodes samples were taken.
        processes: by name; ``client`` is the command itself.
    """

    episodes: int
    max_steps: int
    ends: Mapping[str, int]
    flat: bool
    episodes_per_second: float
    looks: tuple[int, ...]
    processes: Mapping[str, Process]


def bench_soak(config: BenchSoakConfig) -> Bench:
    """Plays all episodes.

    Raises:
        RlcoError: the system did not start, or a node of it died.
    """
    with lockstep_system(config.task, config.robot) as (client, pids):
        started = time.monotonic()
        ends, found = _play(config, client, {**pids, "client": os.getpid()})
        rate = config.episodes / (time.monotonic() - started)
    looks = range(config.every, config.episodes + 1, config.every)
    processes = {name: Process.of(looks, samples) for name, samples in found.items()}
    return Bench(
        episodes=config.episodes,
        max_steps=config.max_steps,
        ends=dict(ends),
        flat=not any(one.problem for one in processes.values()),
        episodes_per_second=round(rate, 2),
        looks=tuple(looks),
        processes=processes,
    )


def _play(
    config: BenchSoakConfig, client: EpisodeClient, pids: Mapping[str, int]
) -> tuple[Counter[str], Mapping[str, list[Footprint]]]:
    """How episodes ended, and what was found at all looks, by process."""
    ends = Counter[str]()
    found: dict[str, list[Footprint]] = {name: [] for name in pids}
    with progress("episodes", config.episodes) as advance:
        for done in range(1, config.episodes + 1):
            report = client.run(config.task, _FIRST_SEED + done, max_steps=config.max_steps)
            ends[report.stop_reason] += 1
            if done % config.every == 0:
                for name, pid in pids.items():
                    found[name].append(Footprint.of(pid))
            advance(1)
    return ends, found


def show(bench: Bench, console: Console) -> None:
    """Prints a table of all processes, then what grows."""
    table = Table(title="second half", title_justify="left")
    for heading in ("process", "memory, MB", "kB per 1,000 episodes (95%)", "handles", "threads"):
        table.add_column(heading, justify="left" if heading == "process" else "right")
    for name, one in bench.processes.items():
        line, level = one.memory, one.rss_kb[-1] / 1024.0
        growth = f"{line.per_1000:.0f} ({line.low:.0f} to {line.high:.0f})"
        counts = ("-".join(map(str, sorted(set(ends)))) for ends in (one.handles, one.threads))
        table.add_row(name, f"{level:.1f}", growth, *counts)
    console.print(table)
    show_figures("episodes ended by", bench.ends, console)
    console.print(f"{bench.episodes_per_second:g} episodes per second")
    for name, one in bench.processes.items():
        if one.problem:
            console.print(f"{name} is not flat: {one.problem}", style="red")


def main(arguments: Sequence[str]) -> int:
    """rlco bench soak"""
    config = parse(BenchSoakConfig, arguments, "bench soak")
    bench = bench_soak(config)
    show(bench, Console())
    keep(document(bench, _VERSIONS), config.json)
    if config.plot is not None:
        write_plot(bench.looks, bench.processes, config.plot)
    return 0 if bench.flat else 1
