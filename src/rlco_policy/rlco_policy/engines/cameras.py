# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras that are larger than the contract's: the graph itself makes their images smaller.

Every pixel becomes the mean of the area that it covers, as OpenCV's INTER_AREA has it, in two
products of matrices, which every provider can do: columns, then rows. The weights repeat: of 224
pixels become 64, so of every 7 become 2, and a block of the weights is 2 x 7.
"""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from rlco_core.camera_sizes import Cameras
from rlco_core.contract import CameraContract, Contract
from rlco_policy.engines.graphs import parsed

_COLOURS = 3


def for_cameras(model: bytes, contract: Contract, cameras: Cameras) -> bytes:
    """The graph with inputs for ``cameras``, which answers as the one before does for their images
    made smaller.

    Raises:
        BundleError: it is no graph.
    """
    sizes = {camera.name: camera for camera in cameras}
    changed = [camera for camera in contract.cameras if sizes[camera.name] != camera]
    if not changed:
        return model
    proto = parsed(model)
    for camera in changed:
        _shrink(proto.graph, sizes[camera.name], camera)
    return bytes(proto.SerializeToString())


def area_weights(before: int, after: int) -> NDArray[np.float32]:
    """(q, p) weights that make q pixels of p, where q / p is ``after`` / ``before`` in its lowest
    terms; rows add up to 1.
    """
    common = gcd(before, after)
    p, q = before // common, after // common
    edges = np.arange(q + 1) * (p / q)
    cells = np.arange(p)
    covered = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
    return (np.maximum(covered, 0.0) * (q / p)).astype(np.float32)


def _shrink(graph: onnx.GraphProto, camera: CameraContract, wanted: CameraContract) -> None:
    """Puts what makes images of ``camera`` as small as ``wanted`` in front of the graph."""
    name = f"image_{camera.name}"
    small = f"{name}_small"
    _read_instead(graph, name, small)
    (entry,) = (value for value in graph.input if value.name == name)
    _set_size(entry, camera.height, camera.width)
    columns = area_weights(camera.width, wanted.width)
    rows = area_weights(camera.height, wanted.height)
    p = rows.shape[1]
    # Neighbouring pixels of a row, with their colours, are one vector.
    weights = {
        "across": np.kron(columns.T, np.eye(_COLOURS, dtype=np.float32)),
        "down": rows,
        "row": np.array([-1, _COLOURS * columns.shape[1]]),
        "column": np.array([camera.height // p, p, wanted.width * _COLOURS]),
        "image": np.array([1, wanted.height, wanted.width, _COLOURS]),
    }
    graph.initializer.extend(
        numpy_helper.from_array(value, f"{small}_{key}") for key, value in weights.items()
    )
    steps: tuple[tuple[str, list[str], dict[str, Any]], ...] = (
        ("Cast", [], {"to": TensorProto.FLOAT}),
        ("Reshape", ["row"], {}),
        ("MatMul", ["across"], {}),
        ("Reshape", ["column"], {}),
        ("MatMul", ["down"], {}),
        ("Reshape", ["image"], {}),
        ("Round", [], {}),
        ("Cast", [], {"to": TensorProto.UINT8}),
    )
    value = name
    for number, (kind, operands, attributes) in enumerate(steps):
        result = small if number == len(steps) - 1 else f"{small}_{number}"
        inputs = [value, *(f"{small}_{operand}" for operand in operands)]
        if operands == ["down"]:
            inputs.reverse()
        graph.node.insert(number, helper.make_node(kind, inputs, [result], **attributes))
        value = result


def _read_instead(graph: onnx.GraphProto, name: str, other: str) -> None:
    """All that read ``name`` read ``other``, those within loops included."""
    for node in graph.node:
        for number, read in enumerate(node.input):
            if read == name:
                node.input[number] = other
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _read_instead(attribute.g, name, other)


def _set_size(entry: onnx.ValueInfoProto, height: int, width: int) -> None:
    sizes = entry.type.tensor_type.shape.dim
    sizes[1].dim_value, sizes[2].dim_value = height, width
