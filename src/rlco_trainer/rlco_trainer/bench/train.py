# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench train: where an iteration of Stage II goes, and PPO on images beside others.

Everything is measured by turns, so that a busy moment of the machine meets all alike. Shares and
ratios say something; absolute figures of two runs or machines say nothing about each other, and
the idle share only what it is at most where other programs run.

``sb3_panda_gym_frames_per_s`` compares whole programs that train the same network on as many
images of the same size, one every control step of 20 physics steps, from environments in processes
beside the learner's: our simulator and ``Reinforcement`` against panda-gym and
Stable-Baselines3's PPO. What looks (NatureCNN) is frozen in both. We compute its features once,
Stable-Baselines3 again in each of the four epochs; yet nearly all of its time goes into panda-gym,
for whose pictures alone see ``rlco bench sim``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from rlco_trainer.arguments import parse
from rlco_trainer.bench import train_speed
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
from rlco_trainer.bench.peers import TRAINERS, Peer

#: Measures once.
Measure = Callable[[], float]

_VERSIONS = ("numpy", "numba", "pybullet", "pin", "gymnasium", "torch")
#: Rows of frames: ours, and the peers'.
_OURS, _PEER_ROWS = "rlco_frames_per_s", {"sb3": "sb3_panda_gym_frames_per_s"}
_SHARE, _FRAMES = "share", "frames/s"


@dataclass(frozen=True)
class BenchTrainConfig:
    """Speed of training, everything measured by turns in one run.

    Attributes:
        repeats: measurements per row; the median counts.
        seconds: least length of a measurement of frames per second, which is of whole rollouts
            with their updates; iterations of Stage II last as long as they do.
        peers: other trainers to measure beside; each is installed apart when it is missing.
        envs, decisions: of a rollout of Stage II.
        json: file that gets the figures.
    """

    repeats: int = 3
    seconds: float = 20.0
    peers: tuple[str, ...] = TRAINERS
    envs: int = 64
    decisions: int = 40
    json: Path | None = None


@dataclass(frozen=True)
class Bench:
    """All figures of a run. Ratios are of medians; one that could not be had is None."""

    ratios: Mapping[str, float | None]
    rows: tuple[Row, ...]
    missing: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The bench as JSON, with where it was run."""
        return document(self, _VERSIONS)


def bench_train(config: BenchTrainConfig) -> Bench:
    """Measures everything.

    Raises:
        ConfigError: nothing would be measured, or a peer is unknown.
    """
    check(config.repeats, config.seconds, config.peers, TRAINERS)
    missing: dict[str, str] = {}
    rows = (*_stage_two(config), *_frames(config, missing))
    return Bench(_ratios({row.name: row.median for row in rows}), rows, missing)


def _stage_two(config: BenchTrainConfig) -> list[Row]:
    """Length and shares of iterations, family by family."""
    with train_speed.stage_two(config.envs, config.decisions) as jobs:
        samples = by_turns(jobs, config.repeats)
    rows = []
    for family, iterations in samples.items():
        seconds = [one.seconds for one in iterations]
        rows.append(Row.of(f"{family}_seconds_per_iteration", "s", seconds))
        for part in iterations[0].shares:
            shares = [one.shares[part] for one in iterations]
            rows.append(Row.of(f"{family}_{part}_share", _SHARE, shares, digits=4))
    return rows


def _frames(config: BenchTrainConfig, missing: dict[str, str]) -> list[Row]:
    """Frames per second of PPO on images, ours and the peers'."""
    with ExitStack() as stack:
        ours = stack.enter_context(closing(train_speed.Frames()))
        jobs: dict[str, Measure] = {_OURS: partial(ours.measure, config.seconds)}
        jobs |= _peer_jobs(stack, config, missing)
        samples = by_turns(jobs, config.repeats)
    return [Row.of(name, _FRAMES, values) for name, values in samples.items()]


def _peer_jobs(
    stack: ExitStack, config: BenchTrainConfig, missing: dict[str, str]
) -> dict[str, Measure]:
    """The peers' rows."""
    return {
        _PEER_ROWS[name]: partial(peer.measure, 64, 1, config.seconds)
        for name, peer in opened(stack, Peer, config.peers, missing).items()
    }


def _ratios(medians: Mapping[str, float]) -> dict[str, float | None]:
    """What is claimed: of idle shares less is better, of frames more."""
    idle = {name: medians[name] for name in ("token_idle_share", "flow_idle_share")}
    frames = {
        name: round(medians[_OURS] / medians[name], 3) if name in medians else None
        for name in _PEER_ROWS.values()
    }
    return {**idle, **frames}


def show(bench: Bench, console: Console) -> None:
    """Prints everything as tables."""
    frames = [row for row in bench.rows if row.unit == _FRAMES]
    stage_two = [row for row in bench.rows if row.unit != _FRAMES]
    title = "Stage II: seconds, and shares of them on all cores"
    show_rows(title, stage_two, console, digits=3)
    show_rows("PPO on images: frames per second, measured by turns", frames, console)
    show_figures("ratios", bench.ratios, console)
    show_figures("missing", bench.missing, console)


def main(arguments: Sequence[str]) -> None:
    """rlco bench train"""
    config = parse(BenchTrainConfig, arguments, "bench train")
    bench = bench_train(config)
    show(bench, Console())
    keep(bench.to_json(), config.json)
