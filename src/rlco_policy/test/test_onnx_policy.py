# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A bundle as a policy, on both engines: right answers, and a clear line for a graph or an
observation that does not fit.
"""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from onnx import TensorProto

from rlco_core.bundle import Bundle, load_bundle
from rlco_core.contract import Contract
from rlco_core.errors import BundleError, ConfigError, ContractMismatch
from rlco_core.language import LanguageEncoder
from rlco_core.types import Observation
from rlco_policy.engines.settings import ENGINES, EngineSettings
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.policy import Policy

INPUTS: dict[str, tuple[int, list[int]]] = {
    "image_front": (TensorProto.UINT8, [1, 48, 64, 3]),
    "proprioception": (TensorProto.FLOAT, [1, 17]),
    "language_tokens": (TensorProto.FLOAT, [1, 16, 384]),
    "language_mask": (TensorProto.FLOAT, [1, 16]),
}


@pytest.fixture(scope="module")
def encoder() -> LanguageEncoder:
    return LanguageEncoder.load()


@pytest.fixture(params=ENGINES)
def settings(request: pytest.FixtureRequest) -> EngineSettings:
    return EngineSettings(request.param)


@pytest.fixture
def policy(bundle_path: Path, encoder: LanguageEncoder, settings: EngineSettings) -> OnnxPolicy:
    return OnnxPolicy(load_bundle(bundle_path), settings, encoder)


def test_answer_is_stamped_and_computed_from_every_input(
    policy: OnnxPolicy, observation: Observation, contract: Contract, encoder: LanguageEncoder
) -> None:
    chunk = policy.infer(observation)
    language = encoder.encode(observation.instruction)
    mean = 102.0 + 8.0 + language.tokens.mean() + language.mask.mean()
    np.testing.assert_allclose(chunk.actions, np.full((8, 7), mean), rtol=1e-6)
    assert chunk.actions.dtype == np.float32
    assert chunk.stamp_ns == 7_000
    assert chunk.dt == 0.05
    assert chunk.contract_hash == policy.contract_hash == contract.sha256()
    assert chunk.episode == 0


def test_engine_is_a_policy(policy: OnnxPolicy, contract: Contract) -> None:
    seen: Policy = policy
    assert seen.contract == contract


def test_same_observation_same_bits(policy: OnnxPolicy, observation: Observation) -> None:
    first = policy.infer(observation)
    policy.infer(dataclasses.replace(observation, instruction="open the drawer"))
    again = policy.infer(observation)
    assert first.actions.tobytes() == again.actions.tobytes()


def test_default_encoder_is_loaded(bundle_path: Path, observation: Observation) -> None:
    assert OnnxPolicy(load_bundle(bundle_path)).infer(observation).actions.shape == (8, 7)


def test_several_threads_give_the_same_chunk(
    bundle_path: Path, policy: OnnxPolicy, observation: Observation, settings: EngineSettings
) -> None:
    two = OnnxPolicy(load_bundle(bundle_path), replace(settings, threads=2), policy.encoder)
    np.testing.assert_array_equal(two.infer(observation).actions, policy.infer(observation).actions)


def test_warm_up_runs_the_graph(policy: OnnxPolicy, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Any] = []
    run = policy._run
    monkeypatch.setattr(policy, "_run", lambda: runs.append(run()))
    policy.warm_up(2)
    assert [actions.shape for actions in runs] == [(8, 7), (8, 7)]


def test_answers_that_are_not_finite_are_refused(
    make_bundle: Callable[..., Bundle],
    observation: Observation,
    encoder: LanguageEncoder,
    settings: EngineSettings,
) -> None:
    offset = np.zeros((1, 8, 7), np.float32)
    offset[0, 2, 2] = np.nan
    broken = OnnxPolicy(make_bundle(offset=offset), settings, encoder)
    message = "the model answered nan in row 2, column dz; every action should be finite"
    with pytest.raises(BundleError, match=message):
        broken.infer(observation)
    with pytest.raises(BundleError, match=message):
        broken.warm_up()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            {"offset": np.zeros((1, 4, 7), np.float32)},
            r"output actions of the model is tensor\(float\) \[1, 4, 7\], "
            r"the contract asks for tensor\(float\) \[1, 8, 7\]",
        ),
        ({"output": "result"}, r"the model's outputs are \[result\], .* asks for \[actions\]"),
        (
            {"inputs": {"image_wrist": INPUTS["image_front"]}},
            r"the model's inputs are \[image_wrist\], the contract asks for \[image_front, lang",
        ),
        (
            {"inputs": INPUTS | {"image_front": (TensorProto.UINT8, [1, 96, 96, 3])}},
            r"input image_front of the model is tensor\(uint8\) \[1, 96, 96, 3\], "
            r"the contract asks for tensor\(uint8\) \[1, 48, 64, 3\]",
        ),
        (
            {"inputs": INPUTS | {"proprioception": (TensorProto.DOUBLE, [1, 17])}},
            r"input proprioception of the model is tensor\((double|float64)\) \[1, 17\]",
        ),
    ],
)
def test_a_graph_of_another_shape_is_refused(
    make_bundle: Callable[..., Bundle],
    model: dict[str, Any],
    message: str,
    settings: EngineSettings,
) -> None:
    with pytest.raises(ContractMismatch, match=message):
        OnnxPolicy(make_bundle(**model), settings)


def test_a_file_that_is_no_graph(bundle_path: Path, settings: EngineSettings) -> None:
    (bundle_path / "model.onnx").write_bytes(b"no graph")
    manifest = yaml.safe_load((bundle_path / "manifest.yaml").read_text())
    manifest["files"]["model.onnx"] = hashlib.sha256(b"no graph").hexdigest()
    (bundle_path / "manifest.yaml").write_text(yaml.safe_dump(manifest))
    with pytest.raises(BundleError, match="the model is no ONNX graph: ") as error:
        OnnxPolicy(load_bundle(bundle_path), settings)
    assert "\n" not in str(error.value)


def test_what_runs_is_known(policy: OnnxPolicy, settings: EngineSettings) -> None:
    found = (policy.engine.name, policy.provider, policy.engine.precision)
    provider = {"onnxruntime": "CPUExecutionProvider", "openvino": "CPU"}[settings.engine]
    assert found == (settings.engine, provider, "fp32")


def test_what_was_said_is_told_once(
    policy: OnnxPolicy, observation: Observation, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    put = policy.engine.put
    monkeypatch.setattr(
        policy.engine, "put", lambda name, value: (told.append(name), put(name, value))
    )
    for instruction in ("push", "push", "open"):
        policy.infer(dataclasses.replace(observation, instruction=instruction))
    assert told.count("language_tokens") == told.count("language_mask") == 2
    assert told.count("image_front") == told.count("proprioception") == 3


def test_noise_of_the_warm_up_is_forgotten(policy: OnnxPolicy, observation: Observation) -> None:
    first = policy.infer(observation)
    policy.warm_up()
    np.testing.assert_array_equal(policy.infer(observation).actions, first.actions)


def test_a_chunk_stays_what_it_was(policy: OnnxPolicy, observation: Observation) -> None:
    first = policy.infer(observation)
    kept = first.actions.copy()
    black = {"front": np.zeros((48, 64, 3), np.uint8)}
    assert policy.infer(dataclasses.replace(observation, images=black)).actions[0, 0] != kept[0, 0]
    np.testing.assert_array_equal(first.actions, kept)


def _with(**changes: Any) -> Callable[[Observation], Observation]:
    return lambda observation: dataclasses.replace(observation, **changes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            _with(images={"wrist": np.zeros((48, 64, 3), np.uint8)}),
            r"observation has cameras \[wrist\], the contract asks for \[front\]",
        ),
        (
            _with(images={"front": np.zeros((64, 48, 3), np.uint8)}),
            r"image of front is uint8 \[64, 48, 3\], the contract asks for uint8 \[48, 64, 3\]",
        ),
        (
            _with(images={"front": np.zeros((48, 64, 3), np.float32)}),
            r"image of front is float32 \[48, 64, 3\], the contract asks for uint8",
        ),
        (
            _with(proprioception=np.zeros(9, np.float32)),
            r"proprioception is float32 \[9\], the contract asks for float32 \[17\]",
        ),
        (
            _with(proprioception=np.full(17, np.inf, np.float32)),
            "proprioception has a value that is not finite",
        ),
    ],
)
def test_an_observation_that_does_not_fit(
    policy: OnnxPolicy,
    observation: Observation,
    change: Callable[[Observation], Observation],
    message: str,
) -> None:
    with pytest.raises(ContractMismatch, match=message):
        policy.infer(change(observation))


def test_an_instruction_without_words(policy: OnnxPolicy, observation: Observation) -> None:
    with pytest.raises(ConfigError, match="has no words"):
        policy.infer(dataclasses.replace(observation, instruction=" "))


def test_a_long_instruction_is_known_to_lose_its_end(policy: OnnxPolicy) -> None:
    assert policy.truncates("push the red cube " * 4)
    assert not policy.truncates("push the red cube")


def test_the_process_imports_no_torch(bundle_path: Path) -> None:
    script = (
        "import sys\n"
        "import rlco_policy.gate\n"
        "from rlco_core.bundle import load_bundle\n"
        "from rlco_policy.onnx_policy import OnnxPolicy\n"
        f"OnnxPolicy(load_bundle({str(bundle_path)!r})).warm_up()\n"
        "heavy = {'torch', 'transformers', 'pybullet', 'rlco_trainer', 'openvino'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
