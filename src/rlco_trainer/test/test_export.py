# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A policy as a bundle: the same answers, a sound manifest, or nothing at all."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from rlco_core.bundle import load_bundle
from rlco_core.errors import BundleError, ConfigError
from rlco_core.types import Observation
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_trainer.bundles import export as exporting
from rlco_trainer.bundles.export import (
    Deployment,
    ExportConfig,
    Exported,
    deployment,
    export,
    random_inputs,
)
from rlco_trainer.bundles.onnx_graph import Deployed, Inputs
from rlco_trainer.learning.datasets import Loaded
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.policy_file import load_policy

PANDA = Deployment("push_cube_panda", "panda", ("push_cube",), "front")
ABOUT = {"tasks": "push_cube", "robots": "panda", "alpha": 0.5, "steps": 7}
FAMILIES = ("token", "flow")


@pytest.fixture(scope="module")
def exported(
    policy_files: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Exported]:
    root = tmp_path_factory.mktemp("bundles") / "deep"
    return {
        family: export(load_policy(policy_files[family])[0], root / family, PANDA, ABOUT)
        for family in FAMILIES
    }


@pytest.fixture
def policy(policy_files: Mapping[str, Path]) -> Policy:
    return load_policy(policy_files["flow"])[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_engine_answers_on_a_recorded_frame_as_the_policy_does(
    exported: Mapping[str, Exported],
    policy_files: Mapping[str, Path],
    loaded: Loaded,
    family: str,
) -> None:
    """The whole way: encoder, engine and graph against the network and its batch."""
    network = load_policy(policy_files[family])[0]
    batch, sentence = loaded.data.batch(np.array([5]), 8), "push the red cube"
    engine = OnnxPolicy(load_bundle(exported[family].root))
    tokens = engine.encoder.encode(sentence)
    words, mask = torch.tensor(tokens.tokens)[None], torch.tensor(tokens.mask)[None]
    images = {"front": loaded.data.images[5]}
    observation = Observation(9, images, loaded.data.states[5], sentence)
    with torch.inference_mode():
        wanted = network.act(network.see(batch.image, batch.state, words, mask))[0]
    chunk = engine.infer(observation)
    assert chunk.stamp_ns == 9
    assert chunk.actions == pytest.approx(wanted.numpy(), abs=1e-4)
    assert np.ptp(chunk.actions) > 1e-3


@pytest.mark.parametrize("family", FAMILIES)
def test_the_manifest_is_sound_and_says_what_it_is(
    exported: Mapping[str, Exported], family: str
) -> None:
    written = exported[family]
    bundle = load_bundle(written.root)
    assert bundle.manifest == written.manifest
    assert (bundle.manifest.name, bundle.contract.robot) == ("push_cube_panda", "panda")
    assert bundle.contract.tasks == ("push_cube",)
    (camera,) = bundle.contract.cameras
    assert (camera.name, camera.width, camera.height) == ("front", 64, 64)
    action = bundle.contract.action
    assert (action.dt, action.horizon, action.execute) == (0.05, 8, 4)
    provenance = bundle.manifest.provenance
    assert {**provenance, **ABOUT} == provenance
    assert (provenance["family"], provenance["onnx_max_error"]) == (family, written.max_error)
    assert 0.0 <= written.max_error <= 1e-4
    digest = hashlib.sha256((written.root / "model.onnx").read_bytes()).hexdigest()
    assert bundle.manifest.files == {"model.onnx": digest}


def test_statistics_are_those_of_the_policy(
    exported: Mapping[str, Exported], policy: Policy
) -> None:
    scale, recorded = policy.scale, exported["flow"].manifest.statistics
    assert recorded.action.low == tuple(scale.action_low.tolist())
    assert recorded.action.high == tuple(scale.action_high.tolist())
    assert recorded.proprioception.mean == tuple(scale.state_mean.tolist())
    assert recorded.proprioception.std == tuple(scale.state_std.tolist())


def test_a_graph_of_another_network_is_refused_and_nothing_is_written(
    policy: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = exporting.write_graph

    def tamper(network: nn.Module, inputs: Inputs, names: list[str], path: Path) -> None:
        other = copy.deepcopy(network)
        assert isinstance(other, Deployed)
        other.policy.scale.action_high += 0.01
        write(other, inputs, names, path)

    monkeypatch.setattr(exporting, "write_graph", tamper)
    with pytest.raises(BundleError, match=r"differs from the network by .*1e-04 is allowed"):
        export(policy, tmp_path / "out", PANDA, ABOUT)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("error", [float("nan"), float("inf"), 1.01e-4])
def test_an_error_above_the_tolerance_is_refused(
    policy: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: float
) -> None:
    monkeypatch.setattr(exporting, "largest_error", lambda *_: error)
    monkeypatch.setattr(exporting, "write_graph", lambda *_: None)
    with pytest.raises(BundleError, match="differs from the network by"):
        export(policy, tmp_path / "out", PANDA, ABOUT)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"name": "Push Cube"}, "name: "),
        ({"tasks": ()}, "contract.tasks"),
        ({"camera": "a b"}, "contract.cameras"),
    ],
)
def test_an_unsound_contract_leaves_the_old_bundle_alone(
    exported: Mapping[str, Exported], policy: Policy, change: dict[str, object], line: str
) -> None:
    root = exported["flow"].root
    before = load_bundle(root)
    with pytest.raises(BundleError, match=line):
        export(policy, root, replace(PANDA, **change), ABOUT)  # type: ignore[arg-type]
    assert load_bundle(root) == before


def test_random_inputs_are_plausible_and_repeat(policy: Policy) -> None:
    rng = np.random.default_rng(3)
    drawn = [random_inputs(policy, rng) for _ in range(50)]
    again = random_inputs(policy, np.random.default_rng(3))
    assert all(torch.equal(a, b) for a, b in zip(drawn[0], again, strict=True))
    counts = {int(mask.sum()) for *_, mask in drawn}
    assert (min(counts), max(counts)) == (3, 16)
    assert len(counts) > 5


def test_a_policy_goes_where_it_was_trained_for(tmp_path: Path) -> None:
    about = {"robots": "panda ur5e", "tasks": "pick_place push_cube"}
    config = ExportConfig(tmp_path / "policy", tmp_path / "out")
    found = deployment(config, about)
    assert (found.robot, found.tasks) == ("panda", ("pick_place", "push_cube"))
    assert found.name == "pick_place_push_cube_panda"
    one = deployment(replace(config, robot="ur5e", tasks=("push_cube",)), about)
    assert (one.name, one.camera) == ("push_cube_ur5e", "front")
    for change in ({"robot": "gen3"}, {"tasks": ("open_drawer",)}):
        with pytest.raises(ConfigError, match=r"was trained for panda, ur5e and pick_place, push"):
            deployment(replace(config, **change), about)


def test_the_command_writes_a_bundle_and_says_how_near_it_is(
    policy_files: Mapping[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bundle"
    exporting.main(["--policy", str(policy_files["flow"]), "--out", str(out)])
    assert load_bundle(out).manifest.name == "push_cube_panda"
    assert capsys.readouterr().out.startswith(f"{out}: ONNX differs from torch by at most ")
    with pytest.raises(ConfigError, match=r"no policy at .*nowhere"):
        exporting.main(["--policy", str(tmp_path / "nowhere"), "--out", str(out)])
