# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A study's entries as diagrams, with 95% Wilson intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlco_trainer.files import replacing
from rlco_trainer.reproduce.entries import Entry, distinct, rows, together
from rlco_trainer.reproduce.layouts import Bars, Lines

_COLOURS = plt.get_cmap("tab20")


def write_plot(entries: Sequence[Entry], drawn: Sequence[Bars | Lines], path: Path) -> None:
    """Draws the diagrams into a PNG."""
    figure = plot(entries, drawn)
    with replacing(path) as scratch:
        figure.savefig(scratch, format="png", dpi=110)
    plt.close(figure)


def plot(entries: Sequence[Entry], drawn: Sequence[Bars | Lines]) -> Figure:
    """The diagrams side by side."""
    found = [_drawn(entries, one) for one in drawn]
    widths = [_width(some, one) for some, one in zip(found, drawn, strict=True)]
    figure, axes = plt.subplots(
        1, len(drawn), figsize=(sum(widths), 4.0), width_ratios=widths, squeeze=False
    )
    for ax, some, one in zip(axes[0], found, drawn, strict=True):
        if isinstance(one, Bars):
            _bars(ax, some, one)
        else:
            _lines(ax, some, one)
        _dress(ax)
    figure.tight_layout()
    return figure


def _drawn(entries: Sequence[Entry], what: Bars | Lines) -> list[Entry]:
    method = what.method if isinstance(what, Lines) else ""
    return [entry for entry in entries if method in ("", entry["method"])]


def _width(entries: Sequence[Entry], what: Bars | Lines) -> float:
    """Inches, room for the legend included."""
    if isinstance(what, Lines):
        return 6.0
    bars = len(distinct(entries, what.groups)) * len(rows(entries, what.by))
    return max(6.0, 3.0 + 0.22 * bars)


def _bars(axes: Axes, entries: Sequence[Entry], what: Bars) -> None:
    groups, kinds = distinct(entries, what.groups), rows(entries, what.by)
    width = 0.8 / max(len(kinds), 1)
    for number, (kind, some) in enumerate(kinds.items()):
        cells = rows(some, [what.groups])
        places = [place for place, group in enumerate(groups) if (group,) in cells]
        x = np.array(places) + (number - len(kinds) / 2 + 0.5) * width
        rates, low, high = _rates([cells[groups[place],] for place in places])
        axes.bar(x, rates, width, color=_COLOURS(number % 20), label=_label(kind))
        axes.vlines(x, low, high, color="black", linewidth=0.8)
    axes.set_xticks(range(len(groups)), [str(group) for group in groups])
    axes.set_xlabel(what.groups)


def _lines(axes: Axes, entries: Sequence[Entry], what: Lines) -> None:
    known = sorted(value for value in distinct(entries, what.over) if value is not None)
    for number, (kind, some) in enumerate(rows(entries, what.by).items()):
        cells, colour = rows(some, [what.over]), _COLOURS(2 * number % 20)
        places = [place for place, value in enumerate(known) if (value,) in cells]
        if places:
            rates, low, high = _rates([cells[known[place],] for place in places])
            axes.plot(places, rates, color=colour, marker="o", label=_label(kind))
            axes.vlines(places, low, high, color=colour, linewidth=0.8)
            axes.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0.0)
        if (None,) in cells:
            [level], [bottom], [top] = _rates([cells[None,]])
            axes.axhline(
                level, color=colour, linestyle="--", label=f"{_label(kind)}, no {what.over}"
            )
            axes.axhspan(bottom, top, color=colour, alpha=0.08, linewidth=0.0)
    axes.set_xticks(range(len(known)), [f"{value:g}" for value in known])
    methods = f", {what.method}" if what.method else ""
    axes.set_xlabel(f"{what.over}{methods}")


def _rates(cells: Sequence[Sequence[Entry]]) -> tuple[list[float], list[float], list[float]]:
    """Success in percent and the ends of its intervals, cell by cell."""
    wholes = [together(cell) for cell in cells]
    rates = [100.0 * whole.rate for whole in wholes]
    low, high = ([100.0 * whole.ci95[end] for whole in wholes] for end in (0, 1))
    return rates, low, high


def _label(kind: Sequence[object]) -> str:
    return " ".join(map(str, kind))


def _dress(axes: Axes) -> None:
    axes.set_ylim(0.0, 100.0)
    axes.set_ylabel("success, % (95% interval)")
    # Beside the diagram, as any corner may hold a bar.
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
