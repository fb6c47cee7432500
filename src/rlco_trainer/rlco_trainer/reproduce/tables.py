# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A study's entries as a table in markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rlco_trainer.files import write_text
from rlco_trainer.reproduce.entries import Entry, distinct, rows, together
from rlco_trainer.reproduce.layouts import LAYOUTS, Layout, nothing
from rlco_trainer.reproduce.plots import write_plot


def write_report(study: str, entries: Sequence[Entry], folder: Path) -> None:
    """Writes ``study``.md and ``study``.png."""
    write_text(folder / f"{study}.md", table(study, entries))
    write_plot(entries, LAYOUTS[study].drawn, folder / f"{study}.png")


def table(study: str, entries: Sequence[Entry]) -> str:
    """Success in percent with its 95 % Wilson interval, all seeds together."""
    layout = LAYOUTS[study]
    columns = distinct(entries, layout.column)
    heads = [*layout.rows, *map(str, columns), "mean", "held-out real loss"]
    lines = [f"# {study}", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row, some in rows(entries, layout.rows).items():
        cells = rows(some, [layout.column])
        found = [cells.get((value,), []) for value in columns]
        rates = [together(cell).rate for cell in found if cell]
        mean = f"{100.0 * sum(rates) / len(rates):.1f}" if len(rates) == len(columns) else ""
        loss = f"{np.mean([e['held_out_real_loss'] for e in some]):.3f}" if mean else ""
        names = ["-" if value is None else str(value) for value in row]
        texts = [*names, *map(_text, found), mean, loss]
        lines.append(f"| {' | '.join(texts)} |")
    more, said = layout.more(entries), _circumstances(entries, layout)
    return "\n".join([*lines, "", *more, *said]) + "\n"


def _text(cell: Sequence[Entry]) -> str:
    if not cell:
        return ""
    whole = together(cell)
    low, high = whole.ci95
    return f"{100.0 * whole.rate:.0f} [{100.0 * low:.0f}, {100.0 * high:.0f}]"


def _circumstances(entries: Sequence[Entry], layout: Layout) -> list[str]:
    shown = {*layout.rows, layout.column}
    unsaid = [f"{key} {', '.join(map(str, distinct(entries, key)))}"
              for key in ("family", "task", "domain") if key not in shown]  # fmt: skip
    seeds = ", ".join(map(str, sorted(distinct(entries, "seed"))))
    column = "" if layout.column == "task" else f" Columns are {layout.column}."
    lines = [
        f"Success in percent, with 95% Wilson intervals: {'; '.join([*unsaid, f'seeds {seeds}'])}."
        f"{column}",
    ]
    if layout.more is not nothing:
        lines.append("Differences are over the tasks and seeds that both have.")
    commands = sorted({entry["command"] for entry in entries})
    made = [*lines, "Made by:", "", *(f"    ./{command}" for command in commands)]
    made_with = Counter(entry.get("version", "not noted") for entry in entries)
    versions = ", ".join(f"{name} ({count} cells)" for name, count in made_with.items())
    return [*made, "", f"Versions of the code: {versions}."]
