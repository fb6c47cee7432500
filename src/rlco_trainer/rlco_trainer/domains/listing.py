# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco domain list: the domains that ship, and what they are for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from rlco_core.config import shipped
from rlco_sim.domain import Domain, shipped_domains
from rlco_trainer.arguments import parse


@dataclass(frozen=True)
class ListConfig:
    """The domains that ship: their image, whether their episodes differ, and what they are for."""


def listing() -> Table:
    """The domains that ship, and what they are for."""
    table = Table(title="domains that ship", title_justify="left", box=None, pad_edge=False)
    for heading in ("name", "image", "episodes", "summary"):
        table.add_column(heading, overflow="fold")
    for name in shipped(shipped_domains()):
        domain = Domain.load(name)
        image = f"{domain.camera.name} {domain.camera.width}x{domain.camera.height}"
        table.add_row(name, image, "differ" if domain.varies else "alike", domain.summary)
    return table


def main(arguments: Sequence[str]) -> None:
    """rlco domain list"""
    parse(ListConfig, arguments, "domain list")
    Console().print(listing())
