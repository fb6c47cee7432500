# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Model cards: what the manifest says and what was measured, and nothing of other policies."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import rlco_policy
from rlco_core.bundle import load_bundle
from rlco_core.errors import ConfigError
from rlco_trainer.bundles.card import main

SHIPPED = "push_cube_panda"


@pytest.fixture(autouse=True)
def kept(tmp_path: Path) -> None:
    """What studies keep: this bundle of RL-Co, and one that differs of another method."""
    source = Path(rlco_policy.__file__).parent / "bundles"
    for name, bundle in (("rlco", SHIPPED), ("sft_co", "open_drawer_panda")):
        shutil.copytree(source / bundle, tmp_path / "bundles" / f"flow_push_cube_{name}")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    source = Path(rlco_policy.__file__).parent / "bundles" / SHIPPED
    return Path(shutil.copytree(source, tmp_path / SHIPPED, ignore=shutil.ignore_patterns("*.md")))


def entry(cell: str, **change: object) -> dict[str, object]:
    family = "flow"
    known = {"cell": cell, "family": family, "method": "rlco", "seed": 0, "task": "push_cube"}
    known |= {"domain": "stand_in", "split": "train", "successes": 97, "episodes": 100}
    return {**known, "command": "rlco reproduce", **change}


def test_a_card_says_what_the_policy_is_and_how_it_did(bundle: Path, tmp_path: Path) -> None:
    others = [entry("b", method="sft_co"), entry("c", task="pick_place"), entry("d", seed=1)]
    first, second = tmp_path / "main.json", tmp_path / "again.json"
    first.write_text(json.dumps([entry("a"), *others]))
    second.write_text(json.dumps([entry("a"), entry("e", split="unseen_states", successes=90)]))
    main(["--bundle", str(bundle), "--results", str(first), str(second)])
    text = (bundle / "README.md").read_text()
    assert text.startswith(f"# {SHIPPED}\n\nA flow policy for push_cube with a panda.\n")
    assert "camera `front`, 64 x 64 px" in text
    rows = [line for line in text.splitlines() if line.startswith("| push_cube |")]
    assert rows == [
        "| push_cube | stand_in | train | 97 of 100 | 92 to 99% |",
        "| push_cube | stand_in | unseen_states | 90 of 100 | 83 to 94% |",
    ]
    assert "    ./rlco reproduce\n" in text
    assert "never moved a real arm" in " ".join(text.split())
    load_bundle(bundle)


def test_a_card_without_results_claims_none(bundle: Path) -> None:
    main(["--bundle", str(bundle)])
    assert "How well it did" not in (bundle / "README.md").read_text()


def test_results_of_other_policies_are_not_its_own(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    path.write_text(json.dumps([entry("a", method="sft_co"), entry("b", method="real_only")]))
    with pytest.raises(ConfigError, match=r"main\.json has nothing of this bundle"):
        main(["--bundle", str(bundle), "--results", str(path)])
    assert not (bundle / "README.md").exists()


def test_a_file_that_holds_no_results_is_named(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    path.write_text('[{"cell": "a"}]')
    with pytest.raises(ConfigError, match=r"main\.json is not a file of results"):
        main(["--bundle", str(bundle), "--results", str(path)])
    assert not (bundle / "README.md").exists()
