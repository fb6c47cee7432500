# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco engine list: the engines that were built on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from rlco_policy.engines.built import REPORT_FILE, read_report
from rlco_policy.engines.cache import default_cache
from rlco_trainer.arguments import parse


@dataclass(frozen=True)
class ListConfig:
    """The engines that were built on this machine.

    Attributes:
        cache: where they are.
    """

    cache: Path = field(default_factory=default_cache)


def listing(cache: Path) -> Table:
    """A row for each of them."""
    table = Table(box=None)
    for heading in ("bundle", "engine", "precision", "drift", "success", "in fp32", "folder"):
        table.add_column(heading)
    for path in sorted(cache.glob(f"*/{REPORT_FILE}")):
        report = read_report(path.parent)
        counts = (f"{n} of {report.episodes}" for n in (report.successes, report.successes_fp32))
        table.add_row(
            report.bundle,
            report.engine,
            report.precision,
            f"{100.0 * report.drift:.0f}% of what is allowed",
            *counts,
            path.parent.name,
        )
    return table


def main(arguments: Sequence[str]) -> None:
    """rlco engine list"""
    config = parse(ListConfig, arguments, "engine list")
    Console().print(listing(config.cache))
