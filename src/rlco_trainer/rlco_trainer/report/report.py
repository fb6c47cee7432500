# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Tells people what an evaluation found: a table in the terminal, a page in the run directory."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rlco_trainer.evaluation.results import EvaluationResult, Tally
from rlco_trainer.files import write_text
from rlco_trainer.report.page import interval, milliseconds, page, percent
from rlco_trainer.video import Frame

THUMBNAIL_WIDTH = 320
TERMINAL_COLOURS = ("red", "green", "blue", "yellow")


def print_table(result: EvaluationResult, console: Console) -> None:
    """Prints successes per subject and overall, decision rate and latency."""
    title = Text(f"{result.policy} · {result.task} · {result.domain} · {result.robot}")
    table = Table(title=title, title_justify="left")
    table.add_column("subject")
    for heading in ("episodes", "successes", "rate", "95% interval"):
        table.add_column(heading, justify="right")
    for subject, tally in result.by_instruction.items():
        style = subject if subject in TERMINAL_COLOURS else ""
        table.add_row(Text(subject, style), *_cells(tally))
    table.add_section()
    table.add_row("all", *_cells(result.overall), style="bold")
    console.print(table)
    console.print(_speed(result), highlight=False, markup=False)


def write_report(result: EvaluationResult, run_dir: Path, pictures: Mapping[int, Frame]) -> Path:
    """Leaves report.json and a self-contained report.html in ``run_dir``; returns the page's path.

    ``pictures`` are last frames by seed. mp4 files that lie in ``run_dir`` are shown in the page,
    those named a failure last.
    """
    result.write(run_dir / "report.json")
    thumbnails = {seed: thumbnail(picture) for seed, picture in pictures.items()}
    films = sorted(run_dir.glob("*.mp4"), key=lambda film: ("failure" in film.stem, film.name))
    path = run_dir / "report.html"
    write_text(path, page(result, thumbnails, films))
    return path


def thumbnail(picture: Frame) -> bytes:
    """The picture as a JPEG file of at most ``THUMBNAIL_WIDTH`` pixels a side."""
    image = Image.fromarray(picture)
    image.thumbnail((THUMBNAIL_WIDTH, THUMBNAIL_WIDTH))
    stream = io.BytesIO()
    image.save(stream, "jpeg", quality=85, subsampling=0, optimize=True)
    return stream.getvalue()


def _cells(tally: Tally) -> tuple[str, str, str, str]:
    return str(tally.episodes), str(tally.successes), percent(tally.rate), interval(tally)


def _speed(result: EvaluationResult) -> str:
    latency = result.latency_ms
    return (
        f"{result.decisions_per_second:.1f} decisions per second; observation to command: "
        f"p50 {milliseconds(latency.p50)}, p99 {milliseconds(latency.p99)}"
    )
