# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench sim: the simulator's speed, beside others in the same run on the same core.

Everything is measured by turns, so that a busy moment of the machine meets all alike. Compare
the ratios; absolute figures of two runs or machines say nothing about each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console

from rlco_trainer.arguments import parse
from rlco_trainer.bench import sim_speed
from rlco_trainer.bench.figures import (
    Row,
    by_turns,
    check,
    document,
    keep,
    opened,
    show_figures,
    show_rows,
)
from rlco_trainer.bench.peers import NAMES, Peer

#: Measures once for about so many seconds.
Measure = Callable[[float], float]

_PANDA_GYM_SUBSTEPS, _ROBOSUITE_SUBSTEPS = 20, 25
_VERSIONS = ("numpy", "numba", "pybullet", "pin", "gymnasium")


@dataclass(frozen=True)
class BenchConfig:
    """Speed of the simulation, everything measured by turns in one run.

    Attributes:
        seconds: per measurement.
        repeats: measurements per row; the median counts.
        peers: other simulators to measure beside; each is installed apart when it is missing.
        envs: environments of the vector row.
        soak_resets: resets after which memory is looked at; 0 leaves that out.
        json: file that gets the figures.
    """

    seconds: float = 2.0
    repeats: int = 5
    peers: tuple[str, ...] = NAMES
    envs: int = 64
    soak_resets: int = 2_000
    json: Path | None = None


@dataclass(frozen=True)
class Bench:
    """All figures of a run. Ratios are of medians; one that could not be had is None."""

    ratios: Mapping[str, float | None]
    rows: tuple[Row, ...]
    pictures: Mapping[str, float]
    memory: Mapping[str, float]
    missing: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The bench as JSON, with where it was run."""
        return document(self, _VERSIONS)


def bench_sim(config: BenchConfig) -> Bench:
    """Measures everything.

    Raises:
        ConfigError: nothing would be measured, or a peer is unknown.
    """
    check(config.repeats, config.seconds, config.peers, NAMES)
    with ExitStack() as stack:
        missing: dict[str, str] = {}
        jobs = {**_own_jobs(stack, config.envs), **_peer_jobs(stack, config.peers, missing)}
        timed = {name: partial(measure, config.seconds) for name, measure in jobs.items()}
        samples = by_turns(timed, config.repeats)
    rows = tuple(Row.of(name, "control steps/s", values) for name, values in samples.items())
    return Bench(
        ratios=_ratios({row.name: row.median for row in rows}),
        rows=rows,
        pictures=sim_speed.picture_gaps(),
        memory=sim_speed.memory(config.envs, config.soak_resets),
        missing=missing,
    )


class _Measured(Protocol):
    """One of ours that can be measured."""

    def measure(self, seconds: float) -> float: ...

    def close(self) -> None: ...


def _own_jobs(stack: ExitStack, envs: int) -> dict[str, Measure]:
    """Our rows, by name."""
    single: dict[str, _Measured] = {
        "rlco_rgb64_every_step": sim_speed.Single(64, 1, _PANDA_GYM_SUBSTEPS),
        "rlco_rgb64_every_4": sim_speed.Single(64, 4, _PANDA_GYM_SUBSTEPS),
        "rlco_rgb64_every_4_stock_meshes": sim_speed.Single(64, 4, _PANDA_GYM_SUBSTEPS, stock=True),
        "rlco_rgb128_every_step": sim_speed.Single(128, 1, _ROBOSUITE_SUBSTEPS),
        "rlco_rgb64_every_4_tiny_renderer": sim_speed.Single(64, 4, _PANDA_GYM_SUBSTEPS, tiny=True),
        "rlco_state": sim_speed.Single(0, 4, _PANDA_GYM_SUBSTEPS),
        "bare_stepSimulation": sim_speed.Bare(_PANDA_GYM_SUBSTEPS),
    }
    jobs: dict[str, Measure] = {}
    for name, one in single.items():
        stack.callback(one.close)
        jobs[name] = one.measure
    for workers in (1, 2):
        many = sim_speed.Many(envs, workers)
        stack.callback(many.close)
        jobs[f"rlco_vector_{workers}_workers"] = many.measure
    return jobs


def _peer_jobs(
    stack: ExitStack, names: Sequence[str], missing: dict[str, str]
) -> dict[str, Measure]:
    """The peers' rows."""
    wanted = {
        "panda_gym": {"panda_gym_rgb64_every_step": (64, 1), "panda_gym_rgb64_every_4": (64, 4)},
        "robosuite": {"robosuite_rgb128_every_step": (128, 1)},
    }
    jobs: dict[str, Measure] = {}
    for name, peer in opened(stack, Peer, names, missing).items():
        for row, (size, every) in wanted[name].items():
            jobs[row] = lambda seconds, p=peer, s=size, e=every: p.measure(s, e, seconds)  # type: ignore[misc]
    return jobs


def _ratios(medians: Mapping[str, float]) -> dict[str, float | None]:
    """What is claimed, as quotients of two rows; more is better but for ``state_over_bare``."""
    pairs = {
        "panda_gym_rgb64_every_step": ("rlco_rgb64_every_step", "panda_gym_rgb64_every_step"),
        "panda_gym_rgb64_every_4": ("rlco_rgb64_every_4", "panda_gym_rgb64_every_4"),
        "panda_gym_rgb64_every_4_stock_meshes": (
            "rlco_rgb64_every_4_stock_meshes",
            "panda_gym_rgb64_every_4",
        ),
        "robosuite_rgb128_every_step": ("rlco_rgb128_every_step", "robosuite_rgb128_every_step"),
        "tiny_renderer_rgb64_every_4": ("rlco_rgb64_every_4", "rlco_rgb64_every_4_tiny_renderer"),
        "state_over_bare": ("bare_stepSimulation", "rlco_state"),
        "two_workers_over_one": ("rlco_vector_2_workers", "rlco_vector_1_workers"),
    }
    return {
        name: round(medians[ours] / medians[theirs], 3) if theirs in medians else None
        for name, (ours, theirs) in pairs.items()
    }


def show(bench: Bench, console: Console) -> None:
    """Prints everything as tables."""
    show_rows("control steps per second, measured by turns", bench.rows, console)
    for title, figures in (
        ("ratios", bench.ratios),
        ("pictures", bench.pictures),
        ("memory", bench.memory),
        ("missing", bench.missing),
    ):
        show_figures(title, figures, console)


def main(arguments: Sequence[str]) -> None:
    """rlco bench sim"""
    config = parse(BenchConfig, arguments, "bench sim")
    bench = bench_sim(config)
    show(bench, Console())
    keep(bench.to_json(), config.json)
