# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""ROS, and a bundle that a test may bend: its model is never run here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rclpy
import yaml
from wired import Wired

ACTION = {
    "semantics": "delta_commanded_ee_pose_base",
    "columns": ["dx", "dy", "dz", "rx", "ry", "rz", "gripper"],
    "dt": 0.05,
    "horizon": 8,
    "execute": 4,
}


@pytest.fixture
def ros() -> Iterator[None]:
    """ROS, up and down."""
    rclpy.init()
    yield
    rclpy.try_shutdown()


@pytest.fixture
def wired(ros: None) -> Iterator[Wired]:
    """A bridge's node and a driver's."""
    made = Wired()
    yield made
    made.close()


@pytest.fixture
def make_bundle(tmp_path: Path) -> Callable[..., Path]:
    """Writes a bundle whose contract has the given entries in place of the usual ones."""

    def make(action: dict[str, Any] | None = None, **contract: Any) -> Path:
        model = b"no model"
        (tmp_path / "model.onnx").write_bytes(model)
        manifest = {
            "format": "rlco-bundle/1",
            "name": "tiny",
            "contract": {
                "robot": "panda",
                "tasks": ["push_cube"],
                "cameras": [{"name": "front", "width": 64, "height": 64, "encoding": "rgb8"}],
                "proprioception": {"layout": "ee_position_rotation6d_gripper_pending", "size": 17},
                "action": {**ACTION, **(action or {})},
                "language": {"encoder": "all-MiniLM-L6-v2", "tokens": 16, "width": 384},
                **contract,
            },
            "statistics": {
                "proprioception": {"mean": [0.0] * 17, "std": [1.0] * 17},
                "action": {"low": [-1.0] * 7, "high": [1.0] * 7},
            },
            "provenance": {},
            "files": {"model.onnx": hashlib.sha256(model).hexdigest()},
        }
        (tmp_path / "manifest.yaml").write_text(yaml.safe_dump(manifest))
        return tmp_path

    return make
