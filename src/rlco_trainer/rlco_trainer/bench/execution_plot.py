# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of ``bench execution`` as a diagram, all tasks together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from rlco_trainer.bench.policy.execution import Cell
from rlco_trainer.evaluation.results import wilson
from rlco_trainer.files import replacing

_COLOURS = plt.get_cmap("tab10")
_Figure = Callable[[Sequence[Cell]], float]


def write_plot(cells: Sequence[Cell], path: Path) -> None:
    """Draws success, pauses and jerk over lateness into a PNG."""
    figure, (success, pauses, jerk) = plt.subplots(1, 3, figsize=(12.0, 3.4))
    _lines(success, cells, "success, % (95%)", _success)
    _intervals(success, cells)
    success.set_ylim(0.0, 105.0)
    _lines(pauses, cells, "nothing to play, ms per episode", _starved)
    _lines(jerk, cells, "jerk at seams, rms, m/s³", _jerk)
    handles, labels = success.get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=8, loc="center right", frameon=False)
    figure.tight_layout(rect=(0.0, 0.0, 0.88, 1.0))
    with replacing(path) as scratch:
        figure.savefig(scratch, format="png", dpi=110)
    plt.close(figure)


def _lines(axes: Axes, cells: Sequence[Cell], label: str, figure: _Figure) -> None:
    for number, (way, late) in enumerate(_by_way(cells).items()):
        values = [figure(some) for some in late.values()]
        axes.plot(list(late), values, color=_COLOURS(number), marker="o", ms=3, label=way)
    axes.set_xlabel("answers late by, ms")
    axes.set_ylabel(label)
    axes.set_ylim(bottom=0.0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)


def _intervals(axes: Axes, cells: Sequence[Cell]) -> None:
    for number, late in enumerate(_by_way(cells).values()):
        for late_ms, some in late.items():
            low, high = wilson(sum(c.successes for c in some), sum(c.episodes for c in some))
            colour = _COLOURS(number)
            axes.vlines(late_ms, 100.0 * low, 100.0 * high, color=colour, linewidth=0.8)


def _by_way(cells: Sequence[Cell]) -> dict[str, dict[float, list[Cell]]]:
    """Cells of all tasks by execution and lateness."""
    found: dict[str, dict[float, list[Cell]]] = {}
    for cell in cells:
        found.setdefault(cell.way, {}).setdefault(cell.late_ms, []).append(cell)
    return found


def _success(cells: Sequence[Cell]) -> float:
    return 100.0 * sum(c.successes for c in cells) / sum(c.episodes for c in cells)


def _starved(cells: Sequence[Cell]) -> float:
    return float(np.mean(np.concatenate([cell.starved_ms for cell in cells])))


def _jerk(cells: Sequence[Cell]) -> float:
    return float(np.sqrt(np.mean([cell.seam_jerk_rms**2 for cell in cells])))
