# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A study's entries as a table in markdown and a plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from rlco_trainer.files import replacing, write_text
from rlco_trainer.reproduce.differences import gains, losses
from rlco_trainer.reproduce.entries import Entry, distinct, together

#: What tells the rows of a study's table apart, and its columns.
_LAYOUT: Mapping[str, tuple[tuple[str, ...], str]] = {
    "main": (("family", "method"), "task"),
    "untimed": (("family", "method"), "task"),
    "generalisation": (("domain", "task", "method"), "split"),
    "ablation": (("method",), "task"),
    "data_efficiency": (("method",), "real_demos"),
    "sensitivity": (("method", "alpha", "beta"), "task"),
    "forgetting": (("method", "beta"), "task"),
}
#: What tells the bars of a plot apart, where a table's rows are too many to be looked at.
_BARS: Mapping[str, tuple[str, ...]] = {"generalisation": ("domain", "method")}
#: What a study's table does not say by itself.
_MORE = {"main": gains, "untimed": gains, "generalisation": losses}


def write_report(study: str, entries: Sequence[Entry], folder: Path) -> None:
    """Writes ``study``.md and ``study``.png."""
    write_text(folder / f"{study}.md", table(study, entries))
    with replacing(folder / f"{study}.png") as scratch:
        figure = plot(study, entries)
        figure.savefig(scratch, format="png", dpi=110)
        plt.close(figure)


def table(study: str, entries: Sequence[Entry]) -> str:
    """Success in percent with its 95 % Wilson interval, all seeds together."""
    keys, column = _LAYOUT[study]
    columns = distinct(entries, column)
    head = "| " + " | ".join([*keys, *map(str, columns), "mean", "held-out real loss"]) + " |"
    lines = [f"# {study}", "", head, "|---" * (len(keys) + len(columns) + 2) + "|"]
    for row in _rows(entries, keys):
        some = [e for e in entries if tuple(e[key] for key in keys) == row]
        found = [[e for e in some if e[column] == value] for value in columns]
        rates = [together(cell).rate for cell in found if cell]
        mean = f"{100.0 * sum(rates) / len(rates):.1f}" if len(rates) == len(columns) else ""
        loss = f"{np.mean([e['held_out_real_loss'] for e in some]):.3f}" if mean else ""
        texts = [*map(str, row), *map(_text, found), mean, loss]
        lines.append("| " + " | ".join(texts) + " |")
    more = _MORE[study](entries) if study in _MORE else []
    return "\n".join([*lines, "", *more, *_circumstances(entries)]) + "\n"


def plot(study: str, entries: Sequence[Entry]) -> plt.Figure:
    """The same as bars, a group for each column."""
    keys, column = _LAYOUT[study]
    keys = _BARS.get(study, keys)
    columns, rows = distinct(entries, column), _rows(entries, keys)
    width = 0.8 / max(len(rows), 1)
    wide = max(6.0, 3.0 + len(columns) * len(rows) * 0.22)
    figure, axes = plt.subplots(figsize=(wide, max(4.0, 0.22 * len(rows))))
    colours = plt.get_cmap("tab20")
    for number, row in enumerate(rows):
        some = [e for e in entries if tuple(e[key] for key in keys) == row]
        for place, value in enumerate(columns):
            cell = [e for e in some if e[column] == value]
            if cell:
                whole = together(cell)
                low, high = whole.ci95
                height, x = 100.0 * whole.rate, place + (number - len(rows) / 2 + 0.5) * width
                label = " ".join(map(str, row)) if place == 0 else None
                axes.bar(x, height, width, color=colours(number % 20), label=label)
                axes.vlines(x, 100.0 * low, 100.0 * high, color="black", linewidth=0.8)
    axes.set_xticks(range(len(columns)), [str(value) for value in columns])
    axes.set_ylim(0.0, 100.0)
    axes.set_ylabel("success, % (95% interval)")
    axes.set_xlabel(column)
    # Beside the bars, as any corner may hold one.
    axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    figure.tight_layout()
    return figure


def _text(cell: Sequence[Entry]) -> str:
    if not cell:
        return ""
    whole = together(cell)
    low, high = whole.ci95
    return f"{100.0 * whole.rate:.0f} [{100.0 * low:.0f}, {100.0 * high:.0f}]"


def _rows(entries: Sequence[Entry], keys: Sequence[str]) -> list[tuple[Any, ...]]:
    return list(dict.fromkeys(tuple(entry[key] for key in keys) for entry in entries))


def _circumstances(entries: Sequence[Entry]) -> list[str]:
    seeds = sorted({entry["seed"] for entry in entries})
    commands = sorted({entry["command"] for entry in entries})
    domains = sorted({entry["domain"] for entry in entries})
    return [
        f"Success in percent in {', '.join(domains)}, with 95% Wilson intervals; training seeds "
        f"{', '.join(map(str, seeds))}. Made by:",
        "",
        *(f"    ./{command}" for command in commands),
    ]
