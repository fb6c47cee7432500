# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A checkpoint as a bundle: the same answers, a sound manifest, or nothing at all."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from rlco_core.bundle import load_bundle
from rlco_core.contract import Contract
from rlco_core.errors import BundleError, ConfigError, DatasetError
from rlco_core.types import Observation
from rlco_policy.engine import OnnxPolicy
from rlco_trainer import export as exporting
from rlco_trainer.batches import Demonstrations
from rlco_trainer.export import Deployment, Exported, export, load_network, main, random_inputs
from rlco_trainer.lerobot import DatasetWriter, Features
from rlco_trainer.models.nano import NanoVLA
from rlco_trainer.sft import CHECKPOINT, SftConfig

PANDA = Deployment("push_cube_panda", "panda", "push_cube", "front", 0.05, 4)


@pytest.fixture(scope="module")
def exported(run_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    out = tmp_path_factory.mktemp("bundle") / "deep" / "bundle"
    return export(run_root / CHECKPOINT, out, PANDA, {"method": "sft", "demonstrations": 3})


def test_the_graph_answers_as_the_network_does(exported: Exported, run_root: Path) -> None:
    network = load_network(run_root / CHECKPOINT)
    session = onnxruntime.InferenceSession(str(exported.root / "model.onnx"))
    names = ["image_front", "proprioception", "language_tokens", "language_mask"]
    assert [node.name for node in session.get_inputs()] == names
    rng = np.random.default_rng(99)
    for _ in range(10):
        inputs = random_inputs(network, rng)
        feeds = {name: tensor.numpy() for name, tensor in zip(names, inputs, strict=True)}
        (found,) = session.run(["actions"], feeds)
        with torch.inference_mode():
            assert found == pytest.approx(network(*inputs).numpy(), abs=1e-4)
    assert 0.0 <= exported.max_error <= 1e-4


def test_the_policy_runs_it_on_a_recorded_frame(
    exported: Exported, run_root: Path, demonstrations: Demonstrations
) -> None:
    """The whole way: encoder, engine and graph against the trained network and its batch."""
    batch = demonstrations.batch(np.array([5]), 8)
    sentence = "push"
    policy = OnnxPolicy(load_bundle(exported.root))
    tokens = policy._encoder.encode(sentence)
    words, mask = torch.tensor(tokens.tokens)[None], torch.tensor(tokens.mask)[None]
    observation = Observation(
        9, {"front": demonstrations.images[5]}, demonstrations.states[5], sentence
    )
    with torch.inference_mode():
        wanted = load_network(run_root / CHECKPOINT)(batch.image, batch.state, words, mask)
    chunk = policy.infer(observation)
    assert chunk.stamp_ns == 9
    assert chunk.actions == pytest.approx(wanted[0].numpy(), abs=1e-4)


def test_the_manifest_is_sound_and_says_what_it_is(
    exported: Exported, run_root: Path, tiny: SftConfig, contract: Contract
) -> None:
    bundle = load_bundle(exported.root)
    assert bundle.manifest == exported.manifest
    assert bundle.contract == contract  # of the bundle that ships
    assert exported.manifest.name == "push_cube_panda"
    provenance = bundle.manifest.provenance
    assert (provenance["method"], provenance["demonstrations"]) == ("sft", 3)
    assert provenance["steps"] == tiny.steps
    assert provenance["onnx_max_error"] == exported.max_error
    assert json.loads(str(provenance["settings"]))["model"]["width"] == 32
    digest = hashlib.sha256((exported.root / "model.onnx").read_bytes()).hexdigest()
    assert bundle.manifest.files == {"model.onnx": digest}


def test_statistics_are_those_of_the_network(exported: Exported, run_root: Path) -> None:
    network, recorded = load_network(run_root / CHECKPOINT), exported.manifest.statistics
    assert recorded.action.low == tuple(network.action_low.tolist())
    assert recorded.action.high == tuple(network.action_high.tolist())
    assert recorded.proprioception.mean == tuple(network.state_mean.tolist())
    assert recorded.proprioception.std == tuple(network.state_std.tolist())


def test_what_is_exported_is_the_averaged_network(run_root: Path) -> None:
    tensors, _ = exporting.checkpoint.read(run_root / CHECKPOINT)
    network = load_network(run_root / CHECKPOINT).state_dict()
    assert all(torch.equal(network[name], tensors[f"average.{name}"]) for name in network)
    assert any(not torch.equal(network[name], tensors[f"model.{name}"]) for name in network)


def test_a_graph_of_another_network_is_refused_and_nothing_is_written(
    run_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = exporting.write_graph

    def tamper(network: NanoVLA, path: Path, camera: str) -> None:
        other = copy.deepcopy(network)
        other.action_high += 0.01
        write(other, path, camera)

    monkeypatch.setattr(exporting, "write_graph", tamper)
    with pytest.raises(BundleError, match=r"differs from the network by .*1e-04 is allowed"):
        export(run_root / CHECKPOINT, tmp_path / "out", PANDA, {})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("error", [float("nan"), float("inf"), 1.01e-4])
def test_an_error_above_the_tolerance_is_refused(
    run_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: float
) -> None:
    monkeypatch.setattr(exporting, "largest_error", lambda *_: error)
    monkeypatch.setattr(exporting, "write_graph", lambda *_: None)
    with pytest.raises(BundleError, match="differs from the network by"):
        export(run_root / CHECKPOINT, tmp_path / "out", PANDA, {})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"execute": 9}, "execute 9 must be at most horizon 8"),
        ({"execute": 0}, "contract.action.execute"),
        ({"name": "Push Cube"}, "name: "),
    ],
)
def test_an_unsound_contract_leaves_the_old_bundle_alone(
    exported: Exported, run_root: Path, change: dict[str, object], line: str
) -> None:
    before = load_bundle(exported.root)
    with pytest.raises(BundleError, match=line):
        export(run_root / CHECKPOINT, exported.root, replace(PANDA, **change), {})
    assert load_bundle(exported.root) == before


def test_random_inputs_are_plausible_and_repeat(run_root: Path) -> None:
    network = load_network(run_root / CHECKPOINT)
    rng = np.random.default_rng(3)
    drawn = [random_inputs(network, rng) for _ in range(50)]
    again = random_inputs(network, np.random.default_rng(3))
    assert all(torch.equal(a, b) for a, b in zip(drawn[0], again, strict=True))
    counts = {int(mask.sum()) for *_, mask in drawn}
    assert min(counts) >= 3
    assert max(counts) == 16
    assert len(counts) > 5


def test_the_command_takes_the_rest_from_the_dataset(
    run_root: Path, dataset_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--checkpoint", str(run_root), "--dataset", str(dataset_root)]
    main([*words, "--out", str(tmp_path / "b"), "--execute", "2"])
    bundle = load_bundle(tmp_path / "b")
    assert bundle.manifest.name == "push_cube_panda"
    assert (bundle.contract.robot, bundle.contract.tasks) == ("panda", ("push_cube",))
    assert (bundle.contract.cameras[0].name, bundle.contract.action.execute) == ("front", 2)
    provenance = bundle.manifest.provenance
    assert (provenance["first_seed"], provenance["last_seed"]) == (7, 9)
    assert (provenance["demonstrations"], provenance["domain"]) == (3, "twin")
    assert "ONNX differs from torch by at most" in capsys.readouterr().out


def test_a_dataset_without_our_episodes_is_refused(run_root: Path, tmp_path: Path) -> None:
    features = Features({"front": (8, 8)}, ("x",), ("dx",), {})
    DatasetWriter(tmp_path, robot_type="panda", fps=20, features=features).close()
    words = ["--checkpoint", str(run_root), "--dataset", str(tmp_path), "--out", "b"]
    with pytest.raises(DatasetError, match="has no episodes that `rlco collect` made"):
        main(words)


def test_a_missing_checkpoint_is_named(dataset_root: Path, tmp_path: Path) -> None:
    words = ["--checkpoint", str(tmp_path), "--dataset", str(dataset_root)]
    with pytest.raises(ConfigError, match="no checkpoint at"):
        main([*words, "--out", str(tmp_path / "b")])
    assert not (tmp_path / "b").exists()
