# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How each study is shown: what its table's rows and columns are, and what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rlco_trainer.reproduce.differences import gains, losses
from rlco_trainer.reproduce.entries import Entry


@dataclass(frozen=True)
class Bars:
    """Groups of bars.

    Attributes:
        groups: key of what a group is.
        by: keys that tell the bars of a group apart.
        each: keys whose every value has a diagram of its own.
        without: methods that are not drawn.
    """

    groups: str
    by: tuple[str, ...]
    each: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lines:
    """Success over a quantity; entries that have none of it are a level to compare with.

    Attributes:
        over: key of the quantity.
        by: keys that tell lines apart.
        only: values that the drawn entries have.
    """

    over: str
    by: tuple[str, ...]
    only: Mapping[str, str] = field(default_factory=dict)


def nothing(_: Sequence[Entry]) -> list[str]:
    """What needs no more than its table."""
    return []


@dataclass(frozen=True)
class Layout:
    """One study.

    Attributes:
        rows: keys that tell the rows of the table apart.
        column: key of what a column is.
        drawn: the diagrams, one below the other; those without entries are left out.
        more: lines of markdown below the table.
    """

    rows: tuple[str, ...]
    column: str
    drawn: tuple[Bars | Lines, ...]
    more: Callable[[Sequence[Entry]], list[str]] = nothing


_BY_FAMILY = (Bars("task", ("method",), ("family",), without=("base_in_twin",)),)
_BY_TASK = (Bars("split", ("method",), ("task", "domain")),)
LAYOUTS: Mapping[str, Layout] = {
    "main": Layout(("family", "method"), "task", _BY_FAMILY, gains),
    "untimed": Layout(("family", "method"), "task", _BY_FAMILY, gains),
    "generalisation": Layout(("domain", "task", "method"), "split", _BY_TASK, losses),
    "ablation": Layout(("method",), "task", (Bars("task", ("method",)),)),
    "data_efficiency": Layout(("method",), "real_demos", (Lines("real_demos", ("method",)),)),
    "sensitivity": Layout(
        ("method", "alpha", "beta"),
        "task",
        (Lines("alpha", ("task",), {"method": "sft_co"}),
         Lines("beta", ("task",), {"method": "rlco"})),
    ),
    "forgetting": Layout(("method", "beta"), "task", (Lines("beta", ("method",)),)),
}  # fmt: skip
