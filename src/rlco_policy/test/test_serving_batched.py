# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Several observations in one run of a graph, and graphs that do not take them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper
from serving_process import BUNDLE, seen

from rlco_core.bundle import Bundle, load_bundle
from rlco_core.errors import BundleError, ConfigError
from rlco_core.language import LanguageEncoder
from rlco_policy.engines.providers import CUDA
from rlco_policy.engines.settings import EngineSettings
from rlco_policy.engines.tensorrt import TENSORRT
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.serving.batched import Batched


@pytest.fixture(scope="module")
def encoder() -> LanguageEncoder:
    return LanguageEncoder.load()


@pytest.fixture(scope="module")
def policy(encoder: LanguageEncoder) -> OnnxPolicy:
    return OnnxPolicy(load_bundle(BUNDLE), encoder=encoder)


def batched(bundle: Bundle, encoder: LanguageEncoder) -> Batched:
    return Batched(bundle, EngineSettings(), encoder)


def test_a_shipped_graph_answers_a_batch_as_one_by_one(
    policy: OnnxPolicy, encoder: LanguageEncoder
) -> None:
    bundle = load_bundle(BUNDLE)
    several = batched(bundle, encoder)
    several.require_like(policy, bundle, 3)
    observations = [seen(number) for number in range(3)]
    for one, observation in zip(several.infer_all(observations), observations, strict=True):
        alone = policy.infer(observation)
        np.testing.assert_allclose(one.actions, alone.actions, rtol=0, atol=1e-5)
        assert (one.stamp_ns, one.dt) == (alone.stamp_ns, alone.dt)
        assert one.contract_hash == alone.contract_hash


def mixing(folder: Path) -> Bundle:
    """The shipped bundle, but each action is the sum of those before it in a batch."""
    model = onnx.load(BUNDLE / "model.onnx")
    (last,) = (node for node in model.graph.node if "actions" in node.output)
    last.output[list(last.output).index("actions")] = "alone"
    model.graph.node.append(helper.make_node("CumSum", ["alone", "axis"], ["actions"]))
    model.graph.initializer.append(helper.make_tensor("axis", TensorProto.INT64, [], [0]))
    content = model.SerializeToString()
    manifest = yaml.safe_load((BUNDLE / "manifest.yaml").read_text())
    del manifest["parity"]
    manifest["files"] = {"model.onnx": hashlib.sha256(content).hexdigest()}
    (folder / "model.onnx").write_bytes(content)
    (folder / "manifest.yaml").write_text(yaml.safe_dump(manifest))
    return load_bundle(folder)


def test_a_graph_that_mixes_what_is_in_a_batch_is_refused(
    tmp_path: Path, encoder: LanguageEncoder
) -> None:
    bundle = mixing(tmp_path)
    alone = OnnxPolicy(bundle, encoder=encoder)
    with pytest.raises(BundleError, match=r"in a batch of 2 an action is off by .* --batch 1"):
        batched(bundle, encoder).require_like(alone, bundle, 2)


@pytest.mark.parametrize(
    ("provider", "message"),
    [
        (CUDA, "execution provider CUDAExecutionProvider is not in use; onnxruntime offers"),
        (TENSORRT, "TensorRT compiles a graph for one size of batch; serve it with --batch 1"),
    ],
)
def test_a_provider_that_cannot_is_not_replaced_by_the_cpu(
    encoder: LanguageEncoder, provider: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        Batched(load_bundle(BUNDLE), EngineSettings(providers=(provider,)), encoder)
