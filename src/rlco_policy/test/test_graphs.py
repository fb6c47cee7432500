# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A bundle's graph is whole, what runs is what was verified, and it comes to an end."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tiny_bundles import CONTRACT, build_model, endless_model, write_bundle

from rlco_core.bundle import Bundle, load_bundle
from rlco_core.errors import BundleError
from rlco_core.language import LanguageEncoder, shared_encoder
from rlco_core.types import Observation
from rlco_policy import onnx_policy
from rlco_policy.engines.engine import Engine
from rlco_policy.engines.graphs import has_control_flow, parsed
from rlco_policy.engines.settings import ENGINES, EngineSettings
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.parity import open_policy
from rlco_policy.serving.batched import Batched
from rlco_policy.shipped import shipped_bundle

Change = Callable[[onnx.ModelProto], None]


@pytest.fixture
def encoder() -> LanguageEncoder:
    return shared_encoder()


def elsewhere(tensor: onnx.TensorProto) -> onnx.TensorProto:
    """The tensor, its numbers in another file."""
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="w.bin")
    return tensor


def initializer(model: onnx.ModelProto) -> None:
    elsewhere(model.graph.initializer[0])


def constant(model: onnx.ModelProto) -> None:
    value = elsewhere(numpy_helper.from_array(np.zeros(3, np.float32), "w"))
    model.graph.node.append(helper.make_node("Constant", [], ["unused"], value=value))


def in_a_branch(model: onnx.ModelProto) -> None:
    value = elsewhere(numpy_helper.from_array(np.zeros(3, np.float32), "w"))
    out = helper.make_tensor_value_info("w", TensorProto.FLOAT, [3])
    branch = helper.make_graph([], "branch", [], [out], [value])
    model.graph.node.append(
        helper.make_node("If", ["yes"], ["unused"], then_branch=branch, else_branch=branch)
    )


def in_a_function(model: onnx.ModelProto) -> None:
    value = elsewhere(numpy_helper.from_array(np.zeros(3, np.float32), "w"))
    nodes = [helper.make_node("Constant", [], ["out"], value=value)]
    opsets = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("own", "f", [], ["out"], nodes, opsets))


def sparse(model: onnx.ModelProto) -> None:
    value = elsewhere(numpy_helper.from_array(np.zeros(3, np.float32), "w"))
    indices = numpy_helper.from_array(np.arange(3), "at")
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(value, indices, [9]))


def compiled(model: onnx.ModelProto) -> None:
    node = helper.make_node("EPContext", [], ["unused"], name="w", domain="com.microsoft")
    model.graph.node.append(node)


@pytest.mark.parametrize(
    "change", [initializer, constant, in_a_branch, in_a_function, sparse, compiled]
)
def test_a_graph_with_a_part_in_another_file_is_refused(change: Change) -> None:
    model = onnx.load_from_string(build_model())
    change(model)
    with pytest.raises(BundleError, match=r"model wants (tensor|compiled node) '\w+' read from"):
        parsed(model.SerializeToString())


def test_weights_that_nobody_verified_are_never_read(
    tmp_path: Path, encoder: LanguageEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = onnx.load_from_string(build_model())
    weights = model.graph.initializer[0].raw_data
    initializer(model)
    root = write_bundle(tmp_path / "outside", model.SerializeToString(), CONTRACT)
    for folder in (tmp_path, root):
        (folder / "w.bin").write_bytes(weights)
    monkeypatch.chdir(tmp_path)
    bundle = load_bundle(root)
    for opened in (
        lambda: open_policy(bundle, encoder=encoder),
        lambda: OnnxPolicy(bundle, EngineSettings("openvino"), encoder),
        lambda: Batched(bundle, EngineSettings(), encoder),
    ):
        with pytest.raises(BundleError, match="tensor 'offset' read from another file, which nob"):
            opened()


def test_what_runs_is_what_was_verified(
    bundle_path: Path, encoder: LanguageEncoder, observation: Observation
) -> None:
    bundle = load_bundle(bundle_path)
    wanted = OnnxPolicy(bundle, encoder=encoder).infer(observation).actions
    other = build_model(offset=np.ones((1, 8, 7), np.float32))
    (bundle_path / "model.onnx").write_bytes(other)
    alone = open_policy(bundle, encoder=encoder).infer(observation)
    (together,) = Batched(bundle, EngineSettings(), encoder).infer_all([observation])
    for found in (alone, together):
        np.testing.assert_allclose(found.actions, wanted, rtol=1e-6)


def test_what_it_was_held_against_is_what_was_verified(
    tmp_path: Path, encoder: LanguageEncoder
) -> None:
    root = tmp_path / "copy"
    os.mkdir(root)
    for file in shipped_bundle().iterdir():
        (root / file.name).write_bytes(file.read_bytes())
    bundle = load_bundle(root)
    (root / "parity.npz").unlink()
    open_policy(bundle, encoder=encoder)


@pytest.mark.parametrize("name", ENGINES)
def test_a_model_that_does_not_end_is_refused_in_one_line(
    tmp_path: Path, encoder: LanguageEncoder, monkeypatch: pytest.MonkeyPatch, name: Any, capfd: Any
) -> None:
    monkeypatch.setattr(onnx_policy, "TRIAL_S", 0.2)
    bundle = load_bundle(write_bundle(tmp_path / "endless", endless_model(), CONTRACT))
    lines = {
        "onnxruntime": "the model has not answered all that it was asked within 0.2 s; a policy s",
        "openvino": "the model cannot be opened on OpenVINO: it has loops or branches; choose eng",
    }
    with pytest.raises(BundleError, match=lines[name]) as error:
        open_policy(bundle, EngineSettings(name), encoder)
    assert "\n" not in str(error.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ENGINES)
def test_what_ends_in_time_runs_on_without_a_deadline(
    bundle_path: Path, encoder: LanguageEncoder, name: Any
) -> None:
    engine: Engine = OnnxPolicy(load_bundle(bundle_path), EngineSettings(name), encoder).engine
    with engine.within(30.0):
        first = engine.run().copy()
    np.testing.assert_array_equal(engine.run(), first)
    with pytest.raises(ZeroDivisionError), engine.within(30.0):
        raise ZeroDivisionError


def test_openvino_is_called_off_in_time(encoder: LanguageEncoder) -> None:
    engine = OnnxPolicy(load_bundle(shipped_bundle()), EngineSettings("openvino"), encoder).engine
    message = "not answered all that it was asked within 0 s"
    with pytest.raises(BundleError, match=message), engine.within(0.0):
        engine.run()


def test_a_loop_that_ends_is_a_loop(make_bundle: Callable[..., Bundle]) -> None:
    assert has_control_flow(parsed(endless_model(3)))
    assert not has_control_flow(parsed(make_bundle().model))
