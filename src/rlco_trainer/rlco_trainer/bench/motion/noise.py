# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A policy that returns white noise, as a bundle like any other."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper, numpy_helper

from rlco_core.bundle import MANIFEST_FILE
from rlco_core.contract import MODEL_FILE, Contract
from rlco_core.robot import RobotConfig
from rlco_policy.engines.engine import OUTPUT, graph_inputs, graph_outputs

_OPSET, _IR = 17, 8
_TYPES = {"tensor(uint8)": TensorProto.UINT8, "tensor(float)": TensorProto.FLOAT}
#: Share of the largest speeds: rounding is not to take an action beyond them.
_MOST = 0.999


def noise_bundle(shipped: Path, robot: RobotConfig, seed: int, root: Path) -> Path:
    """Writes a bundle under the contract of ``shipped``. Every number of its chunks is drawn by
    itself, evenly from all that ``robot`` lets an action be: no two periods go the same way.

    Returns:
        ``root``, its directory.
    """
    manifest = yaml.safe_load((shipped / MANIFEST_FILE).read_text(encoding="utf-8"))
    contract = Contract.parse(manifest["contract"])
    model = _graph(contract, robot, seed).SerializeToString()
    manifest["name"] = "white_noise"
    manifest["provenance"] = {"command": "rlco bench motion"}
    manifest.pop("parity", None)  # it answers otherwise every time
    manifest["files"] = {MODEL_FILE: hashlib.sha256(model).hexdigest()}
    root.mkdir(parents=True)
    (root / MODEL_FILE).write_bytes(model)
    (root / MANIFEST_FILE).write_text(yaml.safe_dump(manifest), encoding="utf-8")
    return root


def _graph(contract: Contract, robot: RobotConfig, seed: int) -> onnx.ModelProto:
    """actions = middle + half * noise in [-1, 1], whatever is seen."""
    middle, half = _range(contract, robot)
    ((kind, shape),) = graph_outputs(contract).values()
    draw = helper.make_node(
        "RandomUniform", [], ["noise"], low=-1.0, high=1.0, seed=float(seed), shape=shape
    )
    nodes = [
        draw,
        helper.make_node("Mul", ["noise", "half"], ["scaled"]),
        helper.make_node("Add", ["scaled", "middle"], [OUTPUT]),
    ]
    graph = helper.make_graph(
        nodes,
        "white_noise",
        [
            helper.make_tensor_value_info(name, _TYPES[kind], shape)
            for name, (kind, shape) in graph_inputs(contract).items()
        ],
        [helper.make_tensor_value_info(OUTPUT, _TYPES[kind], shape)],
        [numpy_helper.from_array(middle, "middle"), numpy_helper.from_array(half, "half")],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR
    )
    onnx.checker.check_model(model)
    return model


def _range(contract: Contract, robot: RobotConfig) -> tuple[np.ndarray, np.ndarray]:
    """(7,) middle and half of the range of an action: no corner of it is faster than is allowed."""
    limits, dt = robot.limits, contract.action.dt
    way, turn = (
        _MOST * v * dt / math.sqrt(3.0) for v in (limits.linear_speed, limits.angular_speed)
    )
    middle = np.array([0.0] * 6 + [0.5], dtype=np.float32)
    half = np.array([way] * 3 + [turn] * 3 + [0.5], dtype=np.float32)
    return middle, half
