# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Tiny bundles: a graph of the right shape whose every action is the sum of its inputs' means."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import yaml
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

CONTRACT: dict[str, Any] = {
    "robot": "panda",
    "tasks": ["push_cube"],
    "cameras": [{"name": "front", "width": 64, "height": 48, "encoding": "rgb8"}],
    "proprioception": {"layout": "ee_position_rotation6d_gripper_pending", "size": 17},
    "action": {
        "semantics": "delta_commanded_ee_pose_base",
        "columns": ["dx", "dy", "dz", "rx", "ry", "rz", "gripper"],
        "dt": 0.05,
        "horizon": 8,
        "execute": 4,
    },
    "language": {"encoder": "all-MiniLM-L6-v2", "tokens": 16, "width": 384},
}
INPUTS: dict[str, tuple[int, list[int]]] = {
    "image_front": (TensorProto.UINT8, [1, 48, 64, 3]),
    "proprioception": (TensorProto.FLOAT, [1, 17]),
    "language_tokens": (TensorProto.FLOAT, [1, 16, 384]),
    "language_mask": (TensorProto.FLOAT, [1, 16]),
}


def build_model(
    inputs: Mapping[str, tuple[int, list[int]]] = INPUTS,
    offset: NDArray[np.float32] | None = None,
    output: str = "actions",
) -> bytes:
    """actions = offset + mean of each input."""
    start = np.zeros((1, 8, 7), np.float32) if offset is None else offset
    nodes, total = [], "offset"
    for index, name in enumerate(inputs):
        last = index == len(inputs) - 1
        nodes += [
            helper.make_node("Cast", [name], [f"{name}_float"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMean", [f"{name}_float"], [f"{name}_mean"], keepdims=0),
            helper.make_node("Add", [total, f"{name}_mean"], [output if last else f"sum_{index}"]),
        ]
        total = f"sum_{index}"
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, *rest) for name, rest in inputs.items()],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, start.shape)],
        [numpy_helper.from_array(start, "offset")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def endless_model(rounds: int = 2**62) -> bytes:
    """The same, after so many rounds of a loop that leads nowhere."""
    model = onnx.load_from_string(build_model(output="once"))
    counter = helper.make_tensor_value_info("round", TensorProto.INT64, [])
    goes_on, goes = (
        helper.make_tensor_value_info(name, TensorProto.BOOL, []) for name in ("on", "goes")
    )
    state, following = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 8, 7])
        for name in ("state", "next")
    )
    steps = [
        helper.make_node("Identity", ["on"], ["goes"]),
        helper.make_node("Tanh", ["state"], ["next"]),
    ]
    body = helper.make_graph(steps, "body", [counter, goes_on, state], [goes, following])
    model.graph.initializer.extend(
        numpy_helper.from_array(np.array(value), name)
        for name, value in (("rounds", np.int64(rounds)), ("yes", True))
    )
    loop = helper.make_node("Loop", ["rounds", "yes", "once"], ["actions"], body=body)
    model.graph.node.append(loop)
    model.graph.output[0].name = "actions"
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def write_bundle(root: Path, model: bytes, contract: dict[str, Any]) -> Path:
    """A bundle directory with the right hash."""
    root.mkdir(parents=True)
    (root / "model.onnx").write_bytes(model)
    manifest = {
        "format": "rlco-bundle/1",
        "name": "tiny",
        "contract": contract,
        "statistics": {
            "proprioception": {"mean": [0.0] * 17, "std": [1.0] * 17},
            "action": {"low": [-1.0] * 7, "high": [1.0] * 7},
        },
        "provenance": {"dataset": "none"},
        "files": {"model.onnx": hashlib.sha256(model).hexdigest()},
    }
    (root / "manifest.yaml").write_text(yaml.safe_dump(manifest))
    return root
