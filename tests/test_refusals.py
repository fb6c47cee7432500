# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Bad input: one clear line, an exit code, and nothing is commanded."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from rlco_bringup.graph import SimSettings, sim_graph
from rlco_bringup.up import node_command
from rlco_policy.shipped import shipped_bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped_bundle(), tmp_path / "bundle"))


def corrupt(bundle: Path) -> None:
    content = bytearray((bundle / "model.onnx").read_bytes())
    content[1000] ^= 1
    (bundle / "model.onnx").write_bytes(bytes(content))


def rename_camera(bundle: Path) -> None:
    edit(bundle, lambda m: m["contract"]["cameras"][0].update(name="wrist"))


def misspell(bundle: Path) -> None:
    edit(bundle, lambda m: m["contract"]["action"].update(horizn=8))


def lose_model(bundle: Path) -> None:
    (bundle / "model.onnx").unlink()


def edit(bundle: Path, change: object) -> None:
    manifest = yaml.safe_load((bundle / "manifest.yaml").read_text())
    change(manifest)  # type: ignore[operator]
    digest = hashlib.sha256((bundle / "model.onnx").read_bytes()).hexdigest()
    manifest["files"]["model.onnx"] = digest
    (bundle / "manifest.yaml").write_text(yaml.safe_dump(manifest))


DAMAGES = [
    (corrupt, "model.onnx: corrupt"),
    (rename_camera, "wrist"),
    (misspell, "horizn"),
    (lose_model, "model.onnx"),
]


def rlco(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["rlco", *words], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(("damage", "named"), DAMAGES, ids=lambda v: getattr(v, "__name__", None))
def test_policy_node_refuses(bundle: Path, tmp_path: Path, damage: object, named: str) -> None:
    damage(bundle)  # type: ignore[operator]
    graph = {spec.name: spec for spec in sim_graph(SimSettings(bundle=str(bundle)))}
    command = node_command(graph["policy_node"], "", tmp_path)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    assert done.returncode == 1
    assert len(lines) == 1, lines
    assert named in lines[0]


@pytest.mark.parametrize(("damage", "named"), DAMAGES, ids=lambda v: getattr(v, "__name__", None))
def test_eval_refuses(bundle: Path, damage: object, named: str) -> None:
    damage(bundle)  # type: ignore[operator]
    refused_in_one_line(rlco("eval", "--bundle", str(bundle), "--episodes", "1"), named)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--task", "juggle"], "push_cube"),
        (["--domain", "mars"], "'twin'"),
        (["--robot", "r2d2"], "'panda'"),
        (["--split", "test"], "'unseen_states'"),
        (["--policy", "expert", "--ros"], "--ros"),
        (["--bundle", "/nowhere"], "/nowhere"),
        (["--instruction", "push something"], "'green'"),
        (["--episodes", "0"], "--episodes"),
    ],
)
def test_eval_names_what_would_be_right(words: list[str], named: str) -> None:
    refused_in_one_line(rlco("eval", "--episodes", "1", *words), named)


def refused_in_one_line(done: subprocess.CompletedProcess[str], named: str) -> None:
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode == 1
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("rlco eval: ")
    assert named in lines[0]


def test_unknown_command() -> None:
    done = rlco("evaluate")
    assert done.returncode == 2
    assert "did you mean eval?" in done.stderr
