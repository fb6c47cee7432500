# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Finished cells: one JSON file for each study, which is all that a later call needs to go on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rlco_trainer.files import write_text
from rlco_trainer.reproduce.entries import Entry, read_entries
from rlco_trainer.reproduce.plan import STUDIES, Cell
from rlco_trainer.reproduce.preset import Preset, keep_recipe
from rlco_trainer.reproduce.tables import write_report


class Ledger:
    """What is known in a folder of results.

    Args:
        folder: of the results.
        preset: with which settings they are made; which cells of them may differ.

    Raises:
        ConfigError: the folder has results of other settings, or a file that is none.
    """

    def __init__(self, folder: Path, preset: Preset) -> None:
        self._folder = folder
        #: By study, what its file holds.
        self._kept = {study: _known(folder / f"{study}.json") for study in STUDIES}
        self._entries = {entry["cell"]: entry for kept in self._kept.values() for entry in kept}
        keep_recipe(preset, folder, bool(self._entries))

    def missing(self, planned: Sequence[Cell]) -> list[Cell]:
        """Those of ``planned`` that are still to be done, each once."""
        cells: dict[str, Cell] = {}
        for cell in planned:
            if cell.key not in self._entries:
                cells.setdefault(cell.key, cell)
        return list(cells.values())

    def add(self, cell: Cell, entry: Entry, planned: Sequence[Cell]) -> None:
        """Takes the entry of a cell, and writes the studies that it belongs to."""
        self._entries[cell.key] = {"cell": cell.key, **entry}
        for study in {one.study for one in planned if one.key == cell.key}:
            self._write(study, [one for one in planned if one.study == study])

    def _write(self, study: str, planned: Sequence[Cell]) -> None:
        found: list[Entry] = [
            {**self._entries[cell.key], "method": cell.method}
            for cell in planned
            if cell.key in self._entries
        ]
        # What an earlier call had planned, and this one has not, stays.
        keys = {entry["cell"] for entry in found}
        found += [entry for entry in self._kept[study] if entry["cell"] not in keys]
        self._kept[study] = found
        write_text(self._folder / f"{study}.json", json.dumps(found, indent=1) + "\n")
        write_report(study, found, self._folder)


def _known(path: Path) -> list[Entry]:
    """What a study's file holds; nothing where there is none."""
    return read_entries(path) if path.exists() else []
