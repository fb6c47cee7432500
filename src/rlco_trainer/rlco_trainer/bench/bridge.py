# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench bridge: how late set-points are beside inference, and beside a bare timer.

Simulator, policy and bridge run in real time, episode after episode, as ``rlco up sim`` starts
them. The bridge streams set-points to a forward_position_controller; what stands in for it hands
the newest to the simulated arm every 50 ms. At the same time a timer of rclpy, in a process that
does nothing else, publishes the same message at the same rate. Both are late by how long after its
time a message is published; a deadline is missed when the next one comes first.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table

from rlco_bridge.client import EpisodeClient, EpisodeReport
from rlco_bringup.graph import NodeSpec, SimSettings, sim_graph
from rlco_bringup.up import System, profile_environment
from rlco_core.errors import ConfigError, RlcoError
from rlco_core.robot import RobotConfig
from rlco_trainer.arguments import parse
from rlco_trainer.bench.figures import document, keep, show_figures
from rlco_trainer.bench.timing.node import SETPOINTS, StandIn
from rlco_trainer.progress import progress
from rlco_trainer.settings import require_least

#: What 99 in 100 set-points should not exceed, ms.
BAR_MS = 0.5
_TASK, _ROBOT, _FIRST_SEED = "push_cube", "panda", 50_000
_START_SECONDS = 60.0
_TIMED = ("count", "missed", "p50_ms", "p99_ms", "max_ms")
_MEANWHILE = ("episodes", "inferences", "load", "stolen_s")
_VERSIONS = ("numpy", "onnxruntime", "ruckig")


@dataclass(frozen=True)
class BenchBridgeConfig:
    """Measures how late the bridge's set-points are, beside a bare timer of rclpy.

    Attributes:
        seconds: length of the measurement at each rate.
        rates: set-points per second.
        json: file that gets the figures.
    """

    seconds: float = 60.0
    rates: tuple[float, ...] = (100.0, 500.0)
    json: Path | None = None

    def __post_init__(self) -> None:
        require_least(self, 1.0, "seconds")
        if not self.rates or not all(20.0 <= rate <= 1000.0 for rate in self.rates):
            raise ConfigError(f"rates are {self.rates}; they should lie in [20, 1000] per second")


@dataclass(frozen=True)
class Measured:
    """One rate.

    Attributes:
        rate: set-points per second.
        setpoints, timer: ``Summary`` of the bridge's set-points and of the bare timer.
        torn: courses of motion that did not go on from the one before: they came too late, or
            simulated time passed unevenly.
        gap_rad: by how much at most.
        episodes, inferences: that went on meanwhile.
        load: of the machine in its last minute: processes that ran or wanted to.
        stolen_s: CPU time that the machine's host took meanwhile, s.
    """

    rate: float
    setpoints: Mapping[str, float]
    timer: Mapping[str, float]
    torn: int
    gap_rad: float
    episodes: int
    inferences: int
    load: float
    stolen_s: float


@dataclass(frozen=True)
class Bench:
    """All rates.

    Attributes:
        seconds: length of each measurement.
        bar_ms: what p99 of set-points should not exceed.
        within_bar: by rate.
    """

    seconds: float
    bar_ms: float
    within_bar: Mapping[str, bool]
    rates: tuple[Measured, ...]


def bench_bridge(config: BenchBridgeConfig) -> Bench:
    """Measures rate by rate.

    Raises:
        RlcoError: the system did not start, or no set-point was reported.
    """
    rates = tuple(_measure(rate, config.seconds) for rate in config.rates)
    within = {f"{one.rate:g}": one.setpoints["p99_ms"] <= BAR_MS for one in rates}
    return Bench(config.seconds, BAR_MS, within, rates)


def _measure(rate: float, seconds: float) -> Measured:
    os.environ.update(profile_environment())
    robot = RobotConfig.load(_ROBOT)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rlco_bench_")))
        system = stack.enter_context(System(streamed_graph(rate, folder), log_dir=folder / "logs"))
        client = stack.enter_context(closing(EpisodeClient(robot, alive=system.require_alive)))
        stand_in = StandIn(client.node, robot)
        _warm_up(client)
        stolen, timer = _stolen(), stack.enter_context(_bare_timer(rate, seconds))
        stack.callback(timer.kill)
        episodes, inferences = _run_episodes(client, seconds, f"{rate:g} per second")
        heard, _ = timer.communicate()
        figures = dict(stand_in.figures)
    if not float(figures.get("count", 0)):
        raise RlcoError(f"at {rate:g} per second the bridge reported no set-point")
    return Measured(
        rate=rate,
        setpoints={name: float(figures[name]) for name in _TIMED},
        timer=json.loads(heard),
        torn=int(figures["torn"]),
        gap_rad=float(figures["gap_rad"]),
        episodes=episodes,
        inferences=inferences,
        load=round(os.getloadavg()[0], 2),
        stolen_s=round(_stolen() - stolen, 2),
    )


def streamed_graph(rate: float, folder: Path) -> list[NodeSpec]:
    """The realtime system, its bridge with a driver that takes set-points."""
    driver = folder / "driver.yaml"
    arm = {"kind": "forward_position", "name": SETPOINTS}
    driver.write_text(yaml.safe_dump({"arm": arm, "gripper": {"kind": "joint_trajectory"}}))
    streamed = {"driver": str(driver), "setpoint_rate": rate}
    return [
        replace(spec, parameters={**spec.parameters, **streamed})
        if spec.package == "rlco_bridge"
        else spec
        for spec in sim_graph(SimSettings(robot=_ROBOT, mode="realtime"))
    ]


def _bare_timer(rate: float, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "rlco_trainer.bench.timing.node", str(rate), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _stolen() -> float:
    """CPU time that was stolen since the machine's start, s."""
    total = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(total[8]) / os.sysconf("SC_CLK_TCK")


def _warm_up(client: EpisodeClient) -> None:
    """One episode, once all nodes have found each other.

    Raises:
        RlcoError: they do not.
    """
    client.wait_for_system(_START_SECONDS)
    _episode(client, _FIRST_SEED)


def _episode(client: EpisodeClient, seed: int) -> EpisodeReport:
    """One that began: set-points that came too late may just have brought the arm to rest, and the
    bridge refuses goals until it stands.

    Raises:
        RlcoError: none begins.
    """
    deadline = time.monotonic() + _START_SECONDS
    while not (report := client.run(_TASK, seed)).steps:
        if time.monotonic() > deadline:
            raise RlcoError(f"no episode begins: {report.stop_reason}: {report.detail}")
    return report


def _run_episodes(client: EpisodeClient, seconds: float, label: str) -> tuple[int, int]:
    """Episode after episode until the time is over; how many, and chunks that were played."""
    end, episodes, inferences, passed = time.monotonic() + seconds, 0, 0, 0
    with progress(label, round(seconds)) as advance:
        while (left := end - time.monotonic()) > 0.0:
            report = _episode(client, _FIRST_SEED + episodes)
            episodes += 1
            inferences += len(report.latency_ms)
            now = min(round(seconds - left), round(seconds))
            advance(now - passed)
            passed = now
    return episodes, inferences


def show(bench: Bench, console: Console) -> None:
    """Prints what was measured."""
    table = Table(title="lateness of messages, ms", title_justify="left")
    for heading in ("rate", "who", *_TIMED):
        table.add_column(heading, justify="left" if heading == "who" else "right")
    for one in bench.rates:
        for who, figures in (("bridge", one.setpoints), ("bare timer", one.timer)):
            cells = [f"{figures[name]:.2f}".removesuffix(".00") for name in _TIMED]
            table.add_row(f"{one.rate:g}", who, *cells)
    console.print(table)
    for one in bench.rates:
        meanwhile = {name: getattr(one, name) for name in _MEANWHILE}
        courses = {"torn courses": one.torn, "by at most, rad": round(one.gap_rad, 4)}
        show_figures(f"meanwhile, at {one.rate:g} per second", {**meanwhile, **courses}, console)
    show_figures(f"p99 within {bench.bar_ms:g} ms, by rate", bench.within_bar, console)


def main(arguments: Sequence[str]) -> None:
    """rlco bench bridge"""
    config = parse(BenchBridgeConfig, arguments, "bench bridge")
    bench = bench_bridge(config)
    show(bench, Console())
    keep(document(bench, _VERSIONS), config.json)
