# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench fuzz: mutants come again by their seed, and what a probe does is told apart."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import onnx
import pytest
import yaml

from rlco_core.errors import ConfigError
from rlco_policy.shipped import shipped_bundle
from rlco_trainer.bench import fuzz
from rlco_trainer.bench.fuzz import BenchFuzzConfig, is_clear
from rlco_trainer.bench.mutations import KINDS, Mutations
from rlco_trainer.cli import main

BUNDLE = shipped_bundle()


@pytest.fixture(scope="module")
def mutations() -> Mutations:
    return Mutations(BUNDLE)


def seed_of(kind: str, turn: int = 0) -> int:
    """The seed whose mutant is of a kind."""
    return list(KINDS).index(kind) + turn * len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_the_same_mutant_which_is_not_what_it_was(
    mutations: Mutations, kind: str
) -> None:
    sound = {path: (BUNDLE / path).read_bytes() for path in mutations.mutant(0).files}
    changed = 0
    for turn in range(4):
        mutant = mutations.mutant(seed_of(kind, turn))
        assert mutant.kind == kind
        assert mutant.files == mutations.mutant(seed_of(kind, turn)).files
        changed += mutant.files != sound
    assert changed >= 3


@pytest.mark.parametrize("kind", ["sealed bytes", "sealed graph", "sealed weights"])
def test_what_is_sealed_has_its_hashes(mutations: Mutations, kind: str, tmp_path: Path) -> None:
    root = mutations.mutant(seed_of(kind)).write(tmp_path / "mutant")
    recorded = yaml.safe_load((root / "manifest.yaml").read_text())["files"]
    found = {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in recorded}
    assert found == recorded


def test_mutated_graphs_still_are_onnx_files(mutations: Mutations) -> None:
    for turn in range(10):
        onnx.load_from_string(mutations.mutant(seed_of("sealed graph", turn)).files["model.onnx"])


def test_it_loads_mutants_of_every_kind(tmp_path: Path) -> None:
    out, count = tmp_path / "fuzz.json", 2 * len(KINDS)
    assert main(["bench", "fuzz", "--mutations", str(count), "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["mutations"] == count == found["refused"] + found["loaded"]
    assert (found["crashes"], found["hangs"], found["unclear"]) == (0, 0, 0)
    assert found["by_kind"].keys() == KINDS.keys()
    assert found["by_kind"]["accident"] == {"refused": 2}
    assert found["versions"]["onnxruntime"]


DOUBLE = """
import json, os, sys, time
for line in sys.stdin:
    if "crash" in line: os.abort()
    if "hang" in line: time.sleep(60)
    print(json.dumps({"outcome": "refused", "line": "no"}), flush=True)
"""


def test_a_probe_that_dies_or_does_not_answer_is_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "double.py"
    script.write_text(DOUBLE)
    monkeypatch.setattr(fuzz, "_PROBE", [str(script)])
    monkeypatch.setattr(fuzz, "_DEADLINE_S", 1.0)
    probe = fuzz._Probe()
    answers = [probe.outcome(Path(name)) for name in ("crash", "well", "hang", "well")]
    assert answers == [
        ("crashes", "ended with code -6"), ("refused", "no"), ("hangs", "no answer"),
        ("refused", "no"),
    ]  # fmt: skip
    assert probe.close() == -9


@pytest.mark.parametrize(
    ("line", "clear"),
    [
        ("/b/model.onnx: corrupt", True),
        ("the model answered nan", True),
        ("/b/model.onnx: two\nlines", False),
        ("something is wrong", False),
        ("", False),
        ("/b: " + "x" * 2000, False),
    ],
)
def test_a_clear_line_is_one_short_line_that_names_what_is_wrong(line: str, clear: bool) -> None:
    assert is_clear(line, Path("/b")) == clear


def test_no_mutations_are_refused() -> None:
    with pytest.raises(ConfigError, match="mutations is 0; it should be 1 or more"):
        BenchFuzzConfig(mutations=0)
