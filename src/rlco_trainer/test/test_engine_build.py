# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Bundles in int8: built of what a policy sees, kept only if both gates are passed."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml
from rich.console import Console

from rlco_core.bundle import load_bundle
from rlco_core.contract import PARITY_FILE, ActionStatistics
from rlco_core.errors import BundleError, ConfigError
from rlco_policy.engines.built import built_folder, read_report
from rlco_policy.engines.settings import ENGINES, EngineName, EngineSettings
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.parity import open_policy, read_parity
from rlco_policy.shipped import shipped_bundle
from rlco_trainer.bundles import build as building
from rlco_trainer.bundles import calibrate as calibrating
from rlco_trainer.bundles.build import BuildConfig, build, require_success
from rlco_trainer.bundles.calibrate import calibrate, tolerance
from rlco_trainer.bundles.listing import listing
from rlco_trainer.bundles.quantise import quantised
from rlco_trainer.cli import main

ALL_TASKS = [(task, robot) for task in ("push_cube", "pick_place", "open_drawer", "close_drawer")
             for robot in ("panda",)] + [("close_drawer", "ur5e")]  # fmt: skip


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped_bundle(), tmp_path / "bundle"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where builds of these tests go; they take their ranges from two episodes."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(building, "_RANGE_EPISODES", 2)
    return tmp_path / "rlco" / "engines"


def without_parity(root: Path) -> Path:
    """The bundle as one of before."""
    path = root / "manifest.yaml"
    manifest = yaml.safe_load(path.read_text())
    del manifest["parity"], manifest["files"][PARITY_FILE]
    path.write_text(yaml.safe_dump(manifest))
    (root / PARITY_FILE).unlink()
    return root


@pytest.mark.parametrize(("task", "robot"), ALL_TASKS)
@pytest.mark.parametrize("engine", ENGINES)
def test_what_ships_can_be_vouched_for(task: str, robot: str, engine: EngineName) -> None:
    bundle = load_bundle(shipped_bundle(task, robot))
    assert (bundle.root / PARITY_FILE).stat().st_size < 400_000
    open_policy(bundle, EngineSettings(engine))


def test_a_bundle_is_given_observations_of_its_own_episodes(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrating, "_EPISODES", 1)
    contract = load_bundle(without_parity(bundle)).contract
    made = calibrate(bundle, observations=5)
    parity = read_parity(made)
    assert len(parity.observations) == 5
    stamps = [one.stamp_ns for one in parity.observations]
    assert len({one.images["front"].tobytes() for one in parity.observations}) == 5, stamps
    chunk = OnnxPolicy(made).infer(parity.observations[3])
    np.testing.assert_array_equal(chunk.actions, parity.actions[3])
    assert made.manifest.provenance == load_bundle(shipped_bundle()).manifest.provenance
    assert made.contract == contract
    with pytest.raises(ConfigError, match="--observations is 0; it should be at least 1"):
        calibrate(bundle, observations=0)


def test_the_tolerance_is_a_share_of_what_a_column_does() -> None:
    low, high = (-0.01, 0.0, -1.0, -1.0, -1.0, -1.0, 0.0), (0.01, 0.02, 1.0, 1.0, 1.0, 1.0, 1.0)
    found = tolerance(ActionStatistics(low=low, high=high)).tolerance
    assert found == pytest.approx((0.0004, 0.0004, 0.04, 0.04, 0.04, 0.04, 0.15))


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_built_runs_and_is_listed(bundle: Path, cache: Path, engine: EngineName) -> None:
    arguments = ["engine", "build", "--bundle", str(bundle), "--engine", engine]
    assert main([*arguments, "--episodes", "1"]) == 0
    loaded, settings = load_bundle(bundle), EngineSettings(engine, "int8")
    report = read_report(built_folder(loaded, settings))
    assert (report.engine, report.precision, report.episodes) == (engine, "int8", 1)
    assert 0.0 < report.drift <= 1.0
    policy = open_policy(loaded, settings)
    assert (policy.engine.name, policy.engine.precision) == (engine, "int8")
    console = Console(width=200, file=io.StringIO(), record=True)
    console.print(listing(cache))
    assert f"push_cube_panda {engine} int8" in " ".join(console.export_text().split())


def test_convolutions_are_in_integers(bundle: Path) -> None:
    loaded = load_bundle(bundle)
    policy = OnnxPolicy(loaded)
    seen = read_parity(loaded).observations[:2]
    made = quantised(loaded.model, [building.feeds_of(policy, one) for one in seen])
    graph = onnx.load_from_string(made).graph
    producers = {name: node.op_type for node in graph.node for name in node.output}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    assert len(convolutions) == 6
    whole = [all(producers.get(name) == "DequantizeLinear" for name in node.input[:2])
             for node in convolutions]  # fmt: skip
    assert whole == [True] * 5 + [False], "the last one makes the scores of keypoints"
    with pytest.raises(BundleError, match="the graph cannot be quantised"):
        quantised(b"no graph", [])


def test_a_build_that_drifts_is_not_kept(
    bundle: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bundle / "manifest.yaml"
    manifest = yaml.safe_load(path.read_text())
    manifest["parity"]["tolerance"] = [1e-7] * 7
    path.write_text(yaml.safe_dump(manifest))
    with pytest.raises(BundleError, match=r"in int8 drifts: observation \d+, row \d, column"):
        build(BuildConfig(bundle, episodes=0))
    assert not cache.exists()


def test_a_build_that_fails_at_its_task_is_not_kept(
    bundle: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played: list[int] = []

    def play(policy: object, *_: object) -> list[object]:
        played.append(1)
        success = len(played) == 2
        return [type("Trace", (), {"success": success})()] * 8

    monkeypatch.setattr(building, "play", play)
    message = r"succeeds in 0 of 8 episodes, fp32 in 8: at least \d\d\.\d points less \(95%\)"
    with pytest.raises(BundleError, match=message):
        build(BuildConfig(bundle, episodes=8))
    assert not cache.exists()


@pytest.mark.parametrize(
    ("found", "wanted", "episodes", "kept"),
    [(46, 50, 50, True), (45, 50, 50, False), (50, 50, 50, True), (196, 200, 200, True),
     (195, 200, 200, False), (40, 45, 50, True), (35, 45, 50, False), (0, 0, 50, True),
     (50, 45, 50, True), (0, 0, 0, True)],
)  # fmt: skip
def test_the_rule_of_success(found: int, wanted: int, episodes: int, kept: bool) -> None:
    if kept:
        require_success(found, wanted, episodes)
    else:
        with pytest.raises(BundleError, match="it is not kept"):
            require_success(found, wanted, episodes)


def test_what_needs_no_build_or_has_no_parity(bundle: Path, cache: Path) -> None:
    with pytest.raises(ConfigError, match=r"bf16 needs no build: .*; built is int8"):
        build(replace(BuildConfig(bundle), precision="bf16"))
    with pytest.raises(BundleError, match=r"has no parity\.npz to hold int8 against; run: rlco"):
        build(BuildConfig(without_parity(bundle), episodes=0))
