# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Tiny bundles, what they are asked, and a stage for the node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rclpy
from onnx import TensorProto
from rclpy.context import Context
from scripted_scene import DOMAIN, Stage
from tiny_bundles import CONTRACT, INPUTS, build_model, write_bundle

from rlco_core.bundle import Bundle, load_bundle
from rlco_core.contract import Contract
from rlco_core.types import Observation


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
