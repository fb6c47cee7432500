# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How each study is shown: what its table's rows and columns are, and what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rlco_trainer.reproduce.differences import gains, losses
from rlco_trainer.reproduce.entries import Entry


@dataclass(frozen=True)
class Bars:
    """Groups of bars.

    Attributes:
        groups: key of what a group is.
        by: keys that tell the bars of a group apart.
    """

    groups: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class Lines:
    """Success over a quantity; entries that have none of it are a level to compare with.

    Attributes:
        over: key of the quantity.
        by: keys that tell lines apart.
        method: whose entries are drawn; all for none.
    """

    over: str
    by: tuple[str, ...]
    method: str = ""


def _nothing(_: Sequence[Entry]) -> list[str]:
    return []


@dataclass(frozen=True)
class Layout:
    """One study.

    Attributes:
        rows: keys that tell the rows of the table apart.
        column: key of what a column is.
        drawn: the diagrams, side by side.
        more: lines of markdown below the table.
    """

    rows: tuple[str, ...]
    column: str
    drawn: tuple[Bars | Lines, ...]
    more: Callable[[Sequence[Entry]], list[str]] = _nothing


_BY_TASK = Bars("task", ("family", "method"))
LAYOUTS: Mapping[str, Layout] = {
    "main": Layout(("family", "method"), "task", (_BY_TASK,), gains),
    "untimed": Layout(("family", "method"), "task", (_BY_TASK,), gains),
    "generalisation": Layout(
        ("domain", "task", "method"), "split", (Bars("split", ("domain", "method")),), losses
    ),
    "ablation": Layout(("method",), "task", (Bars("task", ("method",)),)),
    "data_efficiency": Layout(("method",), "real_demos", (Lines("real_demos", ("method",)),)),
    "sensitivity": Layout(
        ("method", "alpha", "beta"),
        "task",
        (Lines("alpha", ("task",), "sft_co"), Lines("beta", ("task",), "rlco")),
    ),
    "forgetting": Layout(("method", "beta"), "task", (Lines("beta", ("method",)),)),
}
