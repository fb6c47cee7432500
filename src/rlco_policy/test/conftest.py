# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Tiny bundles: a graph of the right shape whose every action is the sum of its inputs' means."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import rclpy
import yaml
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from rclpy.context import Context
from scripted_scene import DOMAIN, Stage

from rlco_core.bundle import Bundle, load_bundle
from rlco_core.contract import Contract
from rlco_core.types import Observation

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


@pytest.fixture
def bundle_path(tmp_path: Path) -> Path:
    """A sound bundle on disk."""
    return write_bundle(tmp_path / "tiny", build_model(), CONTRACT)


@pytest.fixture
def two_cameras_path(tmp_path: Path) -> Path:
    """A sound bundle on disk that looks through another camera, too."""
    wrist = {"name": "wrist", "width": 32, "height": 24, "encoding": "rgb8"}
    contract = CONTRACT | {"cameras": [*CONTRACT["cameras"], wrist]}
    inputs = INPUTS | {"image_wrist": (TensorProto.UINT8, [1, 24, 32, 3])}
    return write_bundle(tmp_path / "two", build_model(inputs), contract)


@pytest.fixture
def make_bundle(tmp_path: Path) -> Callable[..., Bundle]:
    """Bundles with another model, described as `build_model` takes it."""

    def make(**model: Any) -> Bundle:
        return load_bundle(write_bundle(tmp_path / "other", build_model(**model), CONTRACT))

    return make


@pytest.fixture
def contract() -> Contract:
    """The contract of the tiny bundles."""
    return Contract.parse(CONTRACT)


@pytest.fixture
def observation() -> Observation:
    """What the contract describes; the image's mean is 102."""
    image = np.full((48, 64, 3), 102, np.uint8)
    return Observation(
        7_000, {"front": image}, np.arange(17, dtype=np.float32), "push the red cube"
    )


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A scene and an empty stage, in a DDS domain of their own."""
    context = Context()
    rclpy.init(context=context, domain_id=DOMAIN)
    stage = Stage(context)
    yield stage
    stage.close()
    rclpy.shutdown(context=context)
