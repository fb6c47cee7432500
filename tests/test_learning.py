# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The whole method in minutes: all cells of a small reproduction."""

from __future__ import annotations

import json
from pathlib import Path

from rlco_core.bundle import load_bundle
from rlco_trainer import cli

METHODS = {"base", "base_in_twin", "real_only", "sft_co", "sft_co_long", "rl", "rlco"}


def test_a_small_reproduction_fills_every_cell_and_keeps_its_bundles(tmp_path: Path) -> None:
    results, bundles = tmp_path / "work" / "results", tmp_path / "bundles"
    words = ["reproduce", "--preset", "smoke", "--work", str(tmp_path / "work")]
    words += ["--bundles", str(bundles)]
    assert cli.main(words) == 0
    entries = json.loads((results / "main.json").read_text())
    assert {entry["method"] for entry in entries} == METHODS
    assert all(entry["episodes"] == 4 for entry in entries)
    assert {path.name for path in results.iterdir()} >= {
        *("main.md", "main.png", "preset.yaml", "inputs.yaml", "twin.yaml")
    }
    kept = METHODS - {"base", "base_in_twin", "sft_co_long"}
    names = {"token_base", *(f"token_close_drawer_{method}" for method in kept)}
    assert {path.name for path in bundles.iterdir()} == names
    for name in names - {"token_base"}:
        assert load_bundle(bundles / name).contract.tasks == ("close_drawer",)
    assert cli.main(words) == 0, "nothing is left to do"
    assert json.loads((results / "main.json").read_text()) == entries
