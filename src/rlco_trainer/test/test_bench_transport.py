# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The transport part of rlco bench policy: real processes, and a bundle for a larger camera."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rlco_core.bundle import load_bundle
from rlco_core.errors import RlcoError
from rlco_core.types import Observation
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.shipped import shipped_bundle
from rlco_trainer.bench.policy import transport
from rlco_trainer.bench.policy.larger_camera import with_camera_of
from rlco_trainer.bench.policy.part import Options
from rlco_trainer.bench.policy.transport import Line, Window
from rlco_trainer.bench.transport.settings import ECHOES, Settings


def test_a_larger_camera_shows_the_network_what_it_saw_before(tmp_path: Path) -> None:
    small = load_bundle(shipped_bundle())
    large = load_bundle(with_camera_of(small, 192, 192, tmp_path / "large"))
    (camera,) = large.contract.cameras
    assert (camera.width, camera.height, large.contract.action.execute) == (192, 192, 1)
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    shown = np.kron(picture, np.ones((3, 3, 1), np.uint8))
    answers = [
        OnnxPolicy(bundle).infer(
            Observation(0, {camera.name: image}, np.zeros(17, np.float32), "push the red cube")
        )
        for bundle, image in ((small, picture), (large, shown))
    ]
    np.testing.assert_allclose(answers[0].actions, answers[1].actions, atol=1e-5)


def test_rows_are_of_all_windows_and_medians_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    ages = {"640x480 there and back": 2.0, "640x480 there and back, rclpy's defaults": 30.0}

    def run_line(line: Line, bundle: Path) -> Window:
        ran.append(line.name)
        age = ages.get(line.name, 5.0)
        return Window((age, age + len(ran) / 100), 3.0, 0.25)

    ran: list[str] = []
    monkeypatch.setattr(transport, "run_line", run_line)
    part = transport.measure(Options(seconds=1.0))
    assert ran[: len(ran) // 2] == ran[len(ran) // 2 :] == [row["name"] for row in part.rows]
    first = part.rows[0]
    assert first["name"] == "camera to chunk, 224x224"
    assert first["count"] == 4
    assert (first["p50_ms"], first["inference_p50_ms"], first["cpu_percent"]) == (5.0, 3.0, 25.0)
    assert (first["beyond_inference_p50_ms"], first["beyond_inference_p99_ms"]) == (2.0, 2.07)
    assert part.ratios["vga_vs_rclpy_default"] == pytest.approx(15.0, rel=0.05)


@pytest.mark.parametrize("through", ["policy", "echo"])
def test_images_go_through_processes(through: str, tmp_path: Path) -> None:
    bundle = with_camera_of(load_bundle(shipped_bundle()), 96, 96, tmp_path / "bundle")
    settings = Settings(96, 96, joint_rate=100.0, seconds=1.0)
    if through == "echo":
        settings = Settings(96, 96, listens=ECHOES, seconds=1.0)
    window = transport.run_line(Line("probe", through, settings), bundle)
    assert len(window.ages_ms) >= 5
    assert all(0.0 < age < 5000.0 for age in window.ages_ms)
    assert 0.0 < window.cpu < 1.5
    assert (window.inference_ms > 0.0) == (through == "policy")


def test_a_process_that_does_not_start_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", "none")
    with pytest.raises(RlcoError, match="probe: nothing came: camera ended with code 1"):
        transport.run_line(Line("probe", "echo", Settings(96, 96)), tmp_path)
