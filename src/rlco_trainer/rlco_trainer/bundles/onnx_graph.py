# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Networks as ONNX graphs, small on disk: weights stand once, in half precision."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import GraphProto, TensorProto, helper, numpy_helper
from torch import Tensor, nn

from rlco_trainer.bundles.writer import Inputs
from rlco_trainer.policies.flow import FlowPolicy
from rlco_trainer.policies.flow_graph import with_known_times
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.scale import ACTION_SIZE
from rlco_trainer.policies.token import TokenPolicy
from rlco_trainer.policies.token_graph import Speaker

_OPSET = 17
#: Smaller weights (scales, biases) stay in single precision: they cost next to nothing.
_LARGE = 1024


class Deployed(nn.Module):
    """A policy as one function from observation to chunk."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = with_known_times(policy) if isinstance(policy, FlowPolicy) else policy
        self.speak: nn.Module | None = None
        if isinstance(policy, TokenPolicy):
            self.speak = torch.jit.script(Speaker(policy))

    def forward(self, image: Tensor, state: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        """(B, horizon, 7) actions in their own units; arguments as in ``Policy.see``."""
        seen = self.policy.see(image, state, words, mask)
        if self.speak is None:
            return self.policy.act(seen)
        assert isinstance(self.policy, TokenPolicy)
        contexts = [torch.stack(pair) for pair in self.policy.contexts(seen)]
        means = self.speak(torch.stack(contexts))
        # Said again, as a loop's result has no size that readers of the graph could know.
        return self.policy.played(means.view(len(image), self.policy.horizon * ACTION_SIZE))


def write_graph(network: nn.Module, inputs: Inputs, names: list[str], path: Path) -> None:
    """Traces ``network`` at the sizes of ``inputs`` and writes it to ``path``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's: shapes are fixed on purpose
        traced = torch.jit.trace(network, inputs, check_trace=False)
        torch.onnx.export(
            traced,
            inputs,
            str(path),
            input_names=names,
            output_names=["actions"],
            opset_version=_OPSET,
            dynamo=False,
        )
    model = onnx.load(str(path))
    _forget_shapes(model.graph)
    _share_equal_weights(model.graph)
    _halve_weights(model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _forget_shapes(graph: GraphProto) -> None:
    """Within a loop, what grows has no shape that could be noted; the exporter notes the first."""
    del graph.value_info[:]
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _forget_shapes(attribute.g)
                for value in attribute.g.output:
                    value.type.tensor_type.ClearField("shape")
                for value in attribute.g.input:
                    for size in value.type.tensor_type.shape.dim:
                        size.ClearField("dim_value")


def _share_equal_weights(graph: GraphProto) -> None:
    """Keeps one of equal weights; a scripted loop brings copies of its own."""
    first: dict[tuple[tuple[int, ...], bytes], str] = {}
    renamed: dict[str, str] = {}
    kept = []
    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        key = (tuple(weight.dims), values.tobytes())
        large = values.size >= _LARGE
        renamed[weight.name] = first.setdefault(key, weight.name) if large else weight.name
        if renamed[weight.name] == weight.name:
            kept.append(weight)
    _rename(graph, renamed)
    used = set(_used(graph))
    del graph.initializer[:]
    graph.initializer.extend(weight for weight in kept if weight.name in used)


def _halve_weights(graph: GraphProto) -> None:
    """Stores large weights in half precision, with a cast in front of their use."""
    casts = []
    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < _LARGE:
            continue
        half = numpy_helper.from_array(values.astype(np.float16), f"{weight.name}_half")
        casts.append(helper.make_node("Cast", [half.name], [weight.name], to=TensorProto.FLOAT))
        weight.CopyFrom(half)
    for cast in reversed(casts):
        graph.node.insert(0, cast)


def _rename(graph: GraphProto, renamed: dict[str, str]) -> None:
    for node in graph.node:
        for number, name in enumerate(node.input):
            node.input[number] = renamed.get(name, name)
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _rename(attribute.g, renamed)


def _used(graph: GraphProto) -> list[str]:
    """Names that nodes read, those of loops included."""
    names: list[str] = []
    for node in graph.node:
        names += node.input
        for attribute in node.attribute:
            if attribute.HasField("g"):
                names += _used(attribute.g)
    return names
