# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX graphs with something wrong in them that still are ONNX files."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Random = np.random.Generator

_NUMBERS = (-(2**63), -(2**31), -2, -1, 0, 1, 2, 3, 255, 2**20, 2**31, 2**40, 2**62, 2**63 - 1)
_REALS = (np.nan, np.inf, -np.inf, 0.0, 1e38, -1e38, 1e-45)
_OPERATORS = (
    "Reshape", "Gather", "Conv", "Loop", "If", "Scan", "Resize", "Transpose", "Concat", "Expand",
    "Tile", "ConstantOfShape", "Range", "MatMul", "Softmax", "Slice", "Split", "Cast", "Nothing",
)  # fmt: skip


def mutated_graph(content: bytes, rng: Random) -> bytes:
    """Up to three changes of nodes, tensors, ends or versions."""
    model = onnx.load_from_string(content)
    for _ in range(rng.integers(1, 4)):
        _CHANGES[rng.integers(len(_CHANGES))](model, rng)
    return bytes(model.SerializeToString())


def mutated_weights(content: bytes, rng: Random) -> bytes:
    """Up to five numbers of one tensor become others."""
    model = onnx.load_from_string(content)
    tensor = _one(model.graph.initializer, rng)
    values = numpy_helper.to_array(tensor).copy()
    kind = _REALS if np.issubdtype(values.dtype, np.floating) else _NUMBERS
    for at in rng.integers(values.size, size=rng.integers(1, 6)) if values.size else ():
        with np.errstate(all="ignore"):
            values.flat[at] = np.array(kind[rng.integers(len(kind))]).astype(values.dtype)
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    return bytes(model.SerializeToString())


def _one(many: list[onnx.NodeProto], rng: Random) -> onnx.NodeProto:
    return many[rng.integers(len(many))]


def _leave_out_node(model: onnx.ModelProto, rng: Random) -> None:
    del model.graph.node[rng.integers(len(model.graph.node))]


def _double_node(model: onnx.ModelProto, rng: Random) -> None:
    model.graph.node.append(_one(model.graph.node, rng))


def _exchange_nodes(model: onnx.ModelProto, rng: Random) -> None:
    node = _one(model.graph.node, rng)
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    model.graph.node.remove(node)
    model.graph.node.append(copy)


def _another_operator(model: onnx.ModelProto, rng: Random) -> None:
    _one(model.graph.node, rng).op_type = _OPERATORS[rng.integers(len(_OPERATORS))]


def _rewire(model: onnx.ModelProto, rng: Random) -> None:
    """An input becomes nothing, the node's own output, or any tensor."""
    node = _one(model.graph.node, rng)
    names = ["", *node.output, *_one(model.graph.node, rng).output]
    names += [_one(model.graph.initializer, rng).name]
    if node.input:
        node.input[rng.integers(len(node.input))] = names[rng.integers(len(names))]


def _attribute(model: onnx.ModelProto, rng: Random) -> None:
    """An attribute is left out or gets a number that it should not have."""
    nodes = [node for node in model.graph.node if node.attribute]
    node = _one(nodes, rng)
    at = rng.integers(len(node.attribute))
    name, number = node.attribute[at].name, int(_NUMBERS[rng.integers(len(_NUMBERS))])
    del node.attribute[at]
    match rng.integers(4):
        case 0:
            node.attribute.append(helper.make_attribute(name, number))
        case 1:
            node.attribute.append(helper.make_attribute(name, [number] * rng.integers(1, 6)))
        case 2:
            node.attribute.append(helper.make_attribute(name, float(np.float32(number))))


def _dimensions(model: onnx.ModelProto, rng: Random) -> None:
    """A tensor claims another shape or type than its data have."""
    tensor = _one(model.graph.initializer, rng)
    match rng.integers(3):
        case 0:
            tensor.dims.append(int(_NUMBERS[rng.integers(len(_NUMBERS))]))
        case 1 if tensor.dims:
            tensor.dims[0] = int(_NUMBERS[rng.integers(len(_NUMBERS))])
        case _:
            tensor.data_type = int(rng.integers(0, 24))


def _elsewhere(model: onnx.ModelProto, rng: Random) -> None:
    """A tensor's data are said to be in a file that the bundle does not list."""
    tensor = _one(model.graph.initializer, rng)
    places = ("../../../../etc/passwd", "/dev/zero", "manifest.yaml", "model.onnx", "", "\0")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    del tensor.external_data[:]
    for key, value in (
        ("location", places[rng.integers(len(places))]),
        ("offset", str(_NUMBERS[rng.integers(len(_NUMBERS))])),
        ("length", str(_NUMBERS[rng.integers(len(_NUMBERS))])),
    ):
        tensor.external_data.add(key=key, value=value)


def _ends(model: onnx.ModelProto, rng: Random) -> None:
    """An input or the output has another name, shape or type, or is gone."""
    ends = (model.graph.input, model.graph.output)[rng.integers(2)]
    at = rng.integers(len(ends))
    match rng.integers(4):
        case 0:
            del ends[at]
            if not ends:
                ends.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, [1]))
        case 1:
            ends[at].name += "_"
        case 2:
            ends[at].type.tensor_type.elem_type = int(rng.integers(0, 24))
        case _:
            dimension = ends[at].type.tensor_type.shape.dim.add()
            dimension.dim_value = int(_NUMBERS[rng.integers(len(_NUMBERS))])


def _versions(model: onnx.ModelProto, rng: Random) -> None:
    number = int(_NUMBERS[rng.integers(len(_NUMBERS))])
    match rng.integers(3):
        case 0:
            model.ir_version = number
        case 1:
            model.opset_import[0].version = number
        case _:
            model.opset_import[0].domain = "nowhere"


def _shape_values(model: onnx.ModelProto, rng: Random) -> None:
    """Whole numbers in tensors are shapes, axes and indices."""
    tensors = [one for one in model.graph.initializer if one.data_type == TensorProto.INT64]
    if tensors:
        tensor = _one(tensors, rng)
        values = numpy_helper.to_array(tensor).copy()
        if values.size:
            values.flat[rng.integers(values.size)] = _NUMBERS[rng.integers(len(_NUMBERS))]
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


_CHANGES: tuple[Callable[[onnx.ModelProto, Random], None], ...] = (
    _leave_out_node, _double_node, _exchange_nodes, _another_operator, _rewire, _attribute,
    _dimensions, _elsewhere, _ends, _versions, _shape_values,
)  # fmt: skip
