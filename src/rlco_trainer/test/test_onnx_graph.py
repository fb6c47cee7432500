# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Graphs on disk: small, each weight once, and a loop where the network has one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper
from small import SMALLEST, inputs, new

from rlco_trainer.bundles.onnx_graph import Deployed, _share_equal_weights, write_graph
from rlco_trainer.policies.policy import Policy

#: Wide enough that most weights are worth halving.
WIDE = replace(SMALLEST, width=32, channels=(16, 16))
NAMES = ["image_front", "proprioception", "language_tokens", "language_mask"]


@cache
def policy(family: str, horizon: int = 3) -> Policy:
    """Whose weights are in half precision already, as those of a file."""
    network = new(family, WIDE, horizon=horizon, execute=2).requires_grad_(False)
    for parameter in network.parameters():
        parameter.copy_(parameter.half().float())
    return network


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, int], Path]:
    """By family and horizon."""
    root, made = tmp_path_factory.mktemp("graphs"), {}
    for family, horizon in (("token", 3), ("token", 6), ("flow", 3)):
        made[family, horizon] = root / f"{family}_{horizon}.onnx"
        network = Deployed(policy(family, horizon))
        write_graph(network, inputs(1, WIDE), NAMES, made[family, horizon])
    return made


def nodes(graph: GraphProto) -> Iterator[NodeProto]:
    """All nodes, those of loops included."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from nodes(attribute.g)


@pytest.mark.parametrize("which", [("token", 3), ("token", 6), ("flow", 3)])
def test_a_graph_answers_as_its_network_does(
    graphs: Mapping[tuple[str, int], Path], which: tuple[str, int]
) -> None:
    session = onnxruntime.InferenceSession(str(graphs[which]))
    assert [node.name for node in session.get_inputs()] == NAMES
    assert session.get_outputs()[0].shape == [1, which[1], 7]
    network, answers = policy(*which), []
    for seed in range(5):
        some = inputs(1, WIDE, seed)
        feeds = {name: part.numpy() for name, part in zip(NAMES, some, strict=True)}
        (found,) = session.run(["actions"], feeds)
        assert found == pytest.approx(network.act(network.see(*some)).numpy(), abs=1e-4)
        answers.append(found)
    assert np.std(answers, axis=0).max() > 1e-3, "what is seen matters"


@pytest.mark.parametrize("which", [("token", 3), ("flow", 3)])
def test_every_weight_is_there_once_and_in_half_precision(
    graphs: Mapping[tuple[str, int], Path], which: tuple[str, int]
) -> None:
    weights = onnx.load(str(graphs[which])).graph.initializer
    large = [weight for weight in weights if np.prod(weight.dims) >= 1024]
    floats = [w for w in large if w.data_type in (TensorProto.FLOAT, TensorProto.FLOAT16)]
    assert len(floats) >= 10
    assert {weight.data_type for weight in floats} == {TensorProto.FLOAT16}
    contents = Counter(numpy_helper.to_array(weight).tobytes() for weight in floats)
    assert set(contents.values()) == {1}


@pytest.mark.parametrize("which", [("token", 3), ("flow", 3)])
def test_the_file_is_hardly_larger_than_its_weights(
    graphs: Mapping[tuple[str, int], Path], which: tuple[str, int]
) -> None:
    values = policy(*which).state_dict().items()
    acting = [value.numel() for name, value in values if not name.startswith("value.")]
    wanted = sum(2 * n if n >= 1024 else 4 * n for n in acting)
    nodes_too = 120_000 if which[0] == "token" else 200_000
    assert graphs[which].stat().st_size < wanted + nodes_too


def test_the_loop_over_tokens_is_a_loop(graphs: Mapping[tuple[str, int], Path]) -> None:
    short, long = (onnx.load(str(graphs["token", horizon])).graph for horizon in (3, 6))
    kinds, more = (Counter(n.op_type for n in nodes(graph)) for graph in (short, long))
    assert kinds["Loop"] == 1
    # Casts are those of halved weights, and a longer table of places is one.
    kinds.pop("Cast"), more.pop("Cast")
    assert kinds == more, "more tokens, no more nodes"
    assert sum(kinds.values()) < 800, (
        "a copy of the network for each of 21 tokens would be thousands"
    )


def test_the_flows_steps_are_few_enough_to_stand_one_after_the_other(
    graphs: Mapping[tuple[str, int], Path],
) -> None:
    kinds = Counter(node.op_type for node in nodes(onnx.load(str(graphs["flow", 3])).graph))
    assert kinds["Loop"] == 0
    assert kinds["Softmax"] == 4 * 2 * 2 + 1, "two attentions in two layers, four times, and looks"


def test_equal_weights_are_shared_and_others_are_not() -> None:
    ones = np.ones((32, 32), np.float32)
    values = {"a": ones, "b": ones, "c": 2.0 * ones, "unused": 3.0 * ones, "d": ones[:8]}
    weights = [numpy_helper.from_array(value, name) for name, value in values.items()]
    adds = [helper.make_node("Add", ["x", name], [f"out_{name}"]) for name in "abcd"]
    graph = helper.make_graph(adds, "graph", [], [], weights)
    _share_equal_weights(graph)
    assert [weight.name for weight in graph.initializer] == ["a", "c", "d"]
    assert [node.input[1] for node in graph.node] == ["a", "a", "c", "d"]


def test_a_graph_is_traced_without_gradients_left_behind(tmp_path: Path) -> None:
    network = policy("flow")
    write_graph(Deployed(network), inputs(1, WIDE), NAMES, tmp_path / "a.onnx")
    assert all(parameter.grad is None for parameter in network.parameters())
    assert [file.name for file in tmp_path.iterdir()] == ["a.onnx"]
    assert torch.is_grad_enabled()


def test_what_follows_from_time_alone_is_a_table(graphs: Mapping[tuple[str, int], Path]) -> None:
    names = [weight.name for weight in onnx.load(str(graphs["flow", 3])).graph.initializer]
    assert not [name for name in names if ".time." in name and "weight" in name]
