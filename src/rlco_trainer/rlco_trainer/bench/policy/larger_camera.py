# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A bundle as it would be for larger cameras: the same network behind a picture made smaller."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper, numpy_helper

from rlco_core.bundle import MANIFEST_FILE, Bundle
from rlco_core.contract import MODEL_FILE


def with_camera_of(bundle: Bundle, width: int, height: int, root: Path) -> Path:
    """Writes the bundle ``root``, which answers every image of 20 per second; returns ``root``.

    What it answers is not what the policy would: pixels are left out, not averaged.
    """
    model = onnx.load_from_string(bundle.model)
    for camera in bundle.contract.cameras:
        _shrink(model.graph, f"image_{camera.name}", (height, width))
    content = model.SerializeToString()
    manifest: dict[str, Any] = bundle.manifest.model_dump(mode="json")
    for camera in manifest["contract"]["cameras"]:
        camera.update(width=width, height=height)
    manifest["contract"]["action"]["execute"] = 1
    manifest.pop("parity", None)  # of other images
    manifest["files"] = {MODEL_FILE: hashlib.sha256(content).hexdigest()}
    root.mkdir(parents=True)
    (root / MODEL_FILE).write_bytes(content)
    (root / MANIFEST_FILE).write_text(yaml.safe_dump(manifest))
    return root


def _shrink(graph: onnx.GraphProto, name: str, size: tuple[int, int]) -> None:
    """The graph's image input gets another size, and its nodes what they got before."""
    (given,) = [one for one in graph.input if one.name == name]
    before = [one.dim_value for one in given.type.tensor_type.shape.dim]
    small, sizes = f"{name}_small", f"{name}_sizes"
    for node in graph.node:
        node.input[:] = [small if one == name else one for one in node.input]
    wanted = [1, *size, 3]
    given.CopyFrom(helper.make_tensor_value_info(name, TensorProto.UINT8, wanted))
    graph.initializer.append(numpy_helper.from_array(np.array(before, np.int64), sizes))
    resize = helper.make_node("Resize", [name, "", "", sizes], [small], mode="nearest")
    graph.node.insert(0, resize)
