# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco demo: episodes over ROS 2 with the shipped policy, a table, a report and films."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from rlco_sim.session import DT, Session
from rlco_trainer.arguments import parse
from rlco_trainer.evaluation.config import EvalConfig
from rlco_trainer.evaluation.evaluate import Evaluation, evaluate, new_session
from rlco_trainer.evaluation.rollout import Trace, replay
from rlco_trainer.progress import progress
from rlco_trainer.report.report import print_table, write_report
from rlco_trainer.video import caption, write_gif, write_mp4

_THUMBNAIL = 160
_FILM = (480, 360)
_GIF = (360, 270)
_GIF_EVERY = 4


def demo(config: EvalConfig, run_dir: Path, console: Console) -> Evaluation:
    """Evaluates, prints the table and leaves report and films in ``run_dir``."""
    evaluation = evaluate(config, log_dir=run_dir / "logs")
    print_table(evaluation.result, console)
    page = report(evaluation, config, run_dir)
    console.print(f"report: {page}", soft_wrap=True)
    return evaluation


def report(evaluation: Evaluation, config: EvalConfig, run_dir: Path) -> Path:
    """Films one success and one failure, takes last pictures, and writes the report.

    The pictures are taken by playing the recorded commands once more in a simulation of
    the same seed, which is the same to the bit.
    """
    session = new_session(config)
    for name, trace in films(evaluation.traces).items():
        film(session, trace, run_dir / f"{name}.mp4")
    pictures: dict[int, NDArray[np.uint8]] = {}
    with progress("pictures", len(evaluation.traces)) as advance:
        for trace in evaluation.traces:
            pictures[trace.seed] = last_picture(session, trace)
            advance()
    return write_report(evaluation.result, run_dir, pictures)


def films(traces: Sequence[Trace]) -> dict[str, Trace]:
    """The first success and the first failure, if there are."""
    named = {"success": True, "failure": False}
    chosen = {
        name: next((trace for trace in traces if trace.success is wanted), None)
        for name, wanted in named.items()
    }
    return {name: trace for name, trace in chosen.items() if trace is not None}


def film(session: Session, trace: Trace, path: Path) -> None:
    """An mp4 of an episode at its own pace, with its instruction below."""
    frames = replay(session, trace, *_FILM)
    write_mp4(path, (caption(frame, trace.instruction) for frame in frames), round(1.0 / DT))


def highlights(session: Session, traces: Sequence[Trace], path: Path) -> None:
    """A gif of the first success of every subject, one after the other, at double pace."""
    firsts: dict[str, Trace] = {}
    for trace in traces:
        if trace.success:
            firsts.setdefault(session.reset(trace.seed, trace.instruction).subject, trace)
    frames = (
        caption(frame, trace.instruction)
        for trace in firsts.values()
        for frame in replay(session, trace, *_GIF, every=_GIF_EVERY)
    )
    write_gif(path, frames, round(2.0 / (DT * _GIF_EVERY)))


def last_picture(session: Session, trace: Trace) -> NDArray[np.uint8]:
    """The scene when an episode ended."""
    *_, picture = replay(session, trace, _THUMBNAIL, _THUMBNAIL, every=trace.steps + 1)
    return picture


def run_directory(root: Path, name: str) -> Path:
    """A new directory under ``root``: ``name``, or the time where that is empty."""
    return root / (name or time.strftime("demo-%Y%m%d-%H%M%S"))


@dataclass(frozen=True)
class DemoConfig(EvalConfig):
    """Episodes over ROS 2 with a table, a report and films.

    Attributes:
        ros: --no-ros: in this process; by default over ROS 2, three processes in lock-step.
        runs: directory that gets the run's directory.
        name: of the run; the time of its start where empty.
        gif: file that gets a moving picture of the first success of every subject.
    """

    ros: bool = True
    runs: Path = Path("runs")
    name: str = ""
    gif: Path | None = None


def main(arguments: Sequence[str]) -> None:
    """rlco demo"""
    config = parse(DemoConfig, arguments, "demo")
    evaluation = demo(config, run_directory(config.runs, config.name), Console())
    if config.gif is not None:
        highlights(new_session(config), evaluation.traces, config.gif)
