# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What the bench commands share: figures taken by turns, shown as tables, kept as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from rich.console import Console
from rich.table import Table

from rlco_core.errors import ConfigError, choices
from rlco_trainer.bench.peers import Peer, PeerError
from rlco_trainer.files import write_text
from rlco_trainer.progress import progress

Figure = TypeVar("Figure")


@dataclass(frozen=True)
class Row:
    """One figure: its median over all repeats, the least and the greatest."""

    name: str
    unit: str
    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, name: str, unit: str, values: Sequence[float], digits: int = 2) -> Row:
        """The row of all ``values`` that were measured, rounded."""
        figures = (float(np.median(values)), min(values), max(values))
        return cls(name, unit, *(round(figure, digits) for figure in figures))


def check(repeats: int, seconds: float, peers: Iterable[str], known: Sequence[str]) -> None:
    """Refuses to measure nothing, or beside a peer that nobody knows.

    Raises:
        ConfigError: says which.
    """
    if repeats < 1 or not seconds > 0.0:
        raise ConfigError("--repeats must be at least 1 and --seconds positive")
    for name in peers:
        if name not in known:
            raise ConfigError(f"peer '{name}' is unknown; known: {choices(known)}")


def by_turns(jobs: Mapping[str, Callable[[], Figure]], repeats: int) -> dict[str, list[Figure]]:
    """What every job measured, ``repeats`` times each, one job after the other."""
    samples: dict[str, list[Figure]] = {name: [] for name in jobs}
    with progress("measuring", repeats * len(jobs)) as advance:
        for _ in range(repeats):
            for name, measure in jobs.items():
                samples[name].append(measure())
                advance(1, name)
    return samples


def opened(
    stack: ExitStack,
    open_peer: Callable[[str], Peer],
    names: Iterable[str],
    missing: dict[str, str],
) -> dict[str, Peer]:
    """The peers that answer, by name; who cannot be had is in ``missing`` with the reason."""
    found: dict[str, Peer] = {}
    for name in names:
        try:
            peer = stack.enter_context(open_peer(name))
            peer.measure(64, 1, 0.1)
        except PeerError as error:
            missing[name] = str(error)
        else:
            found[name] = peer
    return found


def document(bench: Any, packages: Iterable[str]) -> dict[str, Any]:
    """A bench (a dataclass) as JSON, with where it was run and the versions of ``packages``."""
    machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    versions = {name: version(name) for name in packages}
    return {**json.loads(json.dumps(asdict(bench))), "machine": machine, "versions": versions}


def show_rows(title: str, rows: Iterable[Row], console: Console, digits: int = 0) -> None:
    """Prints rows as a table."""
    table = Table(title=title, title_justify="left")
    for heading in ("row", "median", "least", "greatest"):
        table.add_column(heading, justify="left" if heading == "row" else "right")
    for row in rows:
        figures = (row.median, row.least, row.greatest)
        table.add_row(row.name, *(f"{figure:.{digits}f}" for figure in figures))
    console.print(table)


def show_figures(title: str, figures: Mapping[str, object], console: Console) -> None:
    """Prints named figures, if there are any."""
    if figures:
        lines = Table(title=title, title_justify="left", show_header=False)
        for name, figure in figures.items():
            lines.add_row(name, str(figure))
        console.print(lines)


def keep(bench: Mapping[str, Any], path: Path | None) -> None:
    """Writes a bench's document where it was asked for."""
    if path is not None:
        write_text(path, json.dumps(bench, indent=2) + "\n")
