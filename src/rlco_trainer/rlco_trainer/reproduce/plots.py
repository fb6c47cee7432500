# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A study's entries as diagrams, with 95% Wilson intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rlco_trainer.files import replacing
from rlco_trainer.reproduce.entries import Entry, distinct, rows, together
from rlco_trainer.reproduce.layouts import Bars, Lines

_COLOURS = plt.get_cmap("tab10")
_HEIGHT, _LEGEND, _BAR = 3.2, 2.2, 0.22  # inches


def write_plot(entries: Sequence[Entry], drawn: Sequence[Bars | Lines], path: Path) -> None:
    """Draws the diagrams into a PNG."""
    figure = plot(entries, drawn)
    with replacing(path) as scratch:
        figure.savefig(scratch, format="png", dpi=110)
    plt.close(figure)


def plot(entries: Sequence[Entry], drawn: Sequence[Bars | Lines]) -> Figure:
    """The diagrams, one below the other."""
    found = [(one, title, some) for one in drawn for title, some in _diagrams(entries, one)]
    width = max([_width(one, some) for one, _, some in found], default=6.0)
    figure, axes = plt.subplots(
        max(len(found), 1), 1, figsize=(width, _HEIGHT * max(len(found), 1)), squeeze=False
    )
    for ax, (one, title, some) in zip(axes[:, 0], found, strict=False):
        # What is the same everywhere has the same colour in every diagram.
        colours = {kind: number for number, kind in enumerate(rows(entries, one.by))}
        if isinstance(one, Bars):
            _bars(ax, some, one, colours)
        else:
            _lines(ax, some, one, colours)
        _dress(ax, title)
    figure.tight_layout()
    return figure


def _diagrams(entries: Sequence[Entry], what: Bars | Lines) -> list[tuple[str, list[Entry]]]:
    """Title and entries of each diagram that there is something to draw in."""
    if isinstance(what, Lines):
        wanted = what.only.items()
        some = [entry for entry in entries if all(entry[key] == value for key, value in wanted)]
        return [(", ".join(what.only.values()), some)] if some else []
    drawn = [entry for entry in entries if entry.get("method") not in what.without]
    return [(", ".join(map(str, key)), some) for key, some in rows(drawn, what.each).items()]


def _width(what: Bars | Lines, entries: Sequence[Entry]) -> float:
    """Inches."""
    if isinstance(what, Lines):
        return 4.0 + _LEGEND
    bars = len(distinct(entries, what.groups)) * len(rows(entries, what.by))
    return max(5.0, 1.0 + _BAR * bars) + _LEGEND


def _bars(
    axes: Axes, entries: Sequence[Entry], what: Bars, colours: Mapping[tuple[Any, ...], int]
) -> None:
    groups, kinds = distinct(entries, what.groups), rows(entries, what.by)
    width = 0.8 / max(len(kinds), 1)
    for number, (kind, some) in enumerate(kinds.items()):
        cells = rows(some, [what.groups])
        places = [place for place, group in enumerate(groups) if (group,) in cells]
        x = np.array(places) + (number - len(kinds) / 2 + 0.5) * width
        rates, low, high = _rates([cells[groups[place],] for place in places])
        axes.bar(x, rates, width, color=_COLOURS(colours[kind] % 10), label=_label(kind))
        axes.vlines(x, low, high, color="black", linewidth=0.8)
    axes.set_xticks(range(len(groups)), [str(group) for group in groups])
    axes.set_xlabel(what.groups)


def _lines(
    axes: Axes, entries: Sequence[Entry], what: Lines, colours: Mapping[tuple[Any, ...], int]
) -> None:
    known = sorted(value for value in distinct(entries, what.over) if value is not None)
    for kind, some in rows(entries, what.by).items():
        cells, colour = rows(some, [what.over]), _COLOURS(colours[kind] % 10)
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
    axes.set_xlabel(what.over)


def _rates(cells: Sequence[Sequence[Entry]]) -> tuple[list[float], list[float], list[float]]:
    """Success in percent and the ends of its intervals, cell by cell."""
    wholes = [together(cell) for cell in cells]
    rates = [100.0 * whole.rate for whole in wholes]
    low, high = ([100.0 * whole.ci95[end] for whole in wholes] for end in (0, 1))
    return rates, low, high


def _label(kind: Sequence[object]) -> str:
    return " ".join(map(str, kind))


def _dress(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_ylim(0.0, 105.0)
    axes.set_yticks(range(0, 101, 20))
    axes.set_ylabel("success, % (95%)")
    # Beside the diagram, as any corner may hold a bar.
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
