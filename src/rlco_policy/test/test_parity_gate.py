# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""An engine that answers otherwise than the policy did never acts."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rlco_core.bundle import Bundle, load_bundle
from rlco_core.camera_sizes import cameras_that_fit
from rlco_core.contract import PARITY_FILE
from rlco_core.errors import BundleError
from rlco_core.language import LanguageEncoder
from rlco_core.types import Observation
from rlco_policy.engines.onnx_runtime import OnnxRuntimeEngine
from rlco_policy.engines.openvino_engine import OpenVinoEngine
from rlco_policy.engines.settings import EngineSettings
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.parity import (
    Parity,
    for_cameras,
    largest_drift,
    open_policy,
    read_parity,
    require_parity,
    unvouched,
    write_parity,
)
from rlco_policy.shipped import shipped_bundle
from rlco_policy.source import Source

TOLERANCE = [0.1] * 6 + [0.2]


@pytest.fixture(scope="module")
def encoder() -> LanguageEncoder:
    return LanguageEncoder.load()


@pytest.fixture
def parity(bundle_path: Path, observation: Observation, encoder: LanguageEncoder) -> Parity:
    """What the tiny policy answers to three observations."""
    policy = OnnxPolicy(load_bundle(bundle_path), encoder=encoder)
    rng = np.random.default_rng(0)
    seen = tuple(
        Observation(
            number,
            {"front": rng.integers(0, 256, (48, 64, 3), np.uint8)},
            rng.random(17, np.float32),
            f"push {number % 2}",
        )
        for number in range(3)
    )
    return Parity(seen, np.stack([policy.infer(one).actions for one in seen]))


@pytest.fixture
def keep(bundle_path: Path) -> Callable[[Parity], Bundle]:
    """The tiny bundle with this parity."""

    def write(parity: Parity) -> Bundle:
        with (bundle_path / PARITY_FILE).open("wb") as file:
            write_parity(file, parity)
        return listed(bundle_path)

    return write


def listed(root: Path) -> Bundle:
    """The bundle, its manifest true of its parity file."""
    manifest = yaml.safe_load((root / "manifest.yaml").read_text())
    digest = hashlib.sha256((root / PARITY_FILE).read_bytes()).hexdigest()
    manifest["files"][PARITY_FILE] = digest
    manifest["parity"] = {"tolerance": TOLERANCE}
    (root / "manifest.yaml").write_text(yaml.safe_dump(manifest))
    return load_bundle(root)


def test_what_is_written_is_read(parity: Parity, keep: Callable[[Parity], Bundle]) -> None:
    found = read_parity(keep(parity))
    np.testing.assert_array_equal(found.actions, parity.actions)
    for one, other in zip(found.observations, parity.observations, strict=True):
        assert one.instruction == other.instruction
        np.testing.assert_array_equal(one.images["front"], other.images["front"])
        np.testing.assert_array_equal(one.proprioception, other.proprioception)


def ready_line(policy: OnnxPolicy, bundle: Bundle) -> str:
    return Source("tiny", bundle.sha256, policy, unvouched(bundle)).ready_line


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_an_engine_that_answers_alike_is_ready(
    parity: Parity, keep: Callable[[Parity], Bundle], encoder: LanguageEncoder, engine: Any
) -> None:
    bundle = keep(parity)
    policy = open_policy(bundle, EngineSettings(engine), encoder)
    drift = require_parity(policy, bundle)
    assert drift is not None
    assert drift.share < 0.01
    provider = policy.provider
    assert ready_line(policy, bundle) == (
        f"bundle tiny ({bundle.sha256[:12]}) is ready on {provider} of {engine} in fp32"
    )


def test_an_engine_that_drifts_is_refused_with_the_worst(
    parity: Parity, keep: Callable[[Parity], Bundle], encoder: LanguageEncoder
) -> None:
    other = parity.actions.copy()
    other[1, 3, 6] += 0.25
    other[2, 4, 1] -= 0.15
    other[0, 0, 0] += 0.09
    bundle = keep(Parity(parity.observations, other))
    message = (
        r"onnxruntime \(CPUExecutionProvider\) in fp32 drifts: observation 2, row 4, column dy is "
        rf"{parity.actions[2, 4, 1]:.5g}, the policy answered {other[2, 4, 1]:.5g}; at most 0.1 "
        "of difference is allowed: choose another precision or engine"
    )
    with pytest.raises(BundleError, match=message):
        open_policy(bundle, encoder=encoder)


def test_shares_are_of_each_columns_own_tolerance(parity: Parity, bundle_path: Path) -> None:
    policy = OnnxPolicy(load_bundle(bundle_path))
    other = parity.actions.copy()
    other[1, 3, 6] += 0.15
    other[2, 4, 1] -= 0.08
    drift = largest_drift(policy, Parity(parity.observations, other), TOLERANCE)
    assert (drift.observation, drift.row, drift.column) == (2, 4, 1)
    assert drift.share == pytest.approx(0.8, rel=1e-3)


def test_a_bundle_of_before_runs_in_fp32_alone(bundle_path: Path, encoder: LanguageEncoder) -> None:
    bundle = load_bundle(bundle_path)
    policy = open_policy(bundle, encoder=encoder)
    assert ready_line(policy, bundle).endswith("in fp32, unchecked as it has no parity.npz")
    policy.engine.precision = "bf16"  # type: ignore[misc]
    message = "tiny has no parity.npz to hold bf16 against; run: rlco engine calibrate --bundle"
    with pytest.raises(BundleError, match=message):
        require_parity(policy, bundle)


def test_a_tolerance_without_its_file_is_refused(bundle_path: Path) -> None:
    manifest = yaml.safe_load((bundle_path / "manifest.yaml").read_text())
    manifest["parity"] = {"tolerance": TOLERANCE}
    (bundle_path / "manifest.yaml").write_text(yaml.safe_dump(manifest))
    with pytest.raises(BundleError, match=r"parity and parity\.npz in files must both be there"):
        load_bundle(bundle_path)


@pytest.mark.parametrize("tolerance", [[0.1] * 6, [0.1] * 6 + [0.0]])
def test_tolerances_that_say_nothing(bundle_path: Path, tolerance: list[float]) -> None:
    manifest = yaml.safe_load((bundle_path / "manifest.yaml").read_text())
    manifest["parity"] = {"tolerance": tolerance}
    (bundle_path / "manifest.yaml").write_text(yaml.safe_dump(manifest))
    with pytest.raises(BundleError, match="must have 7 entries greater than 0"):
        load_bundle(bundle_path)


@pytest.mark.parametrize("size", [(128, 96), (96, 72)])
def test_an_engine_for_larger_cameras_is_held_against_the_same(
    parity: Parity, keep: Callable[[Parity], Bundle], encoder: LanguageEncoder, size: Any
) -> None:
    policy = open_policy(keep(parity), EngineSettings("openvino"), encoder)
    cameras = cameras_that_fit(policy.contract, {"front": size})
    larger = for_cameras(policy, cameras)
    assert larger.cameras == cameras
    drift = largest_drift(larger, parity, TOLERANCE)
    assert drift.share < 0.01
    assert for_cameras(larger, cameras) is larger


@pytest.mark.parametrize(("size", "engine"), [((128, 96), "onnxruntime"), ((96, 72), "openvino")])
def test_an_engine_for_larger_cameras_that_drifts_does_not_act(
    parity: Parity,
    keep: Callable[[Parity], Bundle],
    encoder: LanguageEncoder,
    monkeypatch: pytest.MonkeyPatch,
    size: Any,
    engine: Any,
) -> None:
    policy = open_policy(keep(parity), EngineSettings(engine), encoder)
    cameras = cameras_that_fit(policy.contract, {"front": size})
    kind = {"onnxruntime": OnnxRuntimeEngine, "openvino": OpenVinoEngine}[engine]
    run = kind.run
    monkeypatch.setattr(kind, "run", lambda engine: run(engine) + np.float32(0.3))
    with pytest.raises(BundleError, match=rf"{engine} .* in fp32 drifts: observation "):
        for_cameras(policy, cameras)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"actions": np.zeros((3, 4, 7), np.float32)},
            r"actions is float32 \[3, 4, 7\], it should",
        ),
        ({"actions": np.full((3, 8, 7), np.nan, np.float32)}, "all of them finite"),
        ({"actions": np.zeros((0, 8, 7), np.float32)}, r"image_front is uint8 \[3, 48, 64, 3\]"),
        ({"sentence": np.array([0, 1, 9])}, "index 9 is out of bounds|list index out of range"),
        ({"proprioception": np.zeros((3, 17))}, r"proprioception is float64 \[3, 17\], it should"),
        ({"sentences": np.array([{}, {}], object)}, "[Oo]bject arrays cannot be loaded"),
    ],
)
def test_foul_records_are_one_line(
    parity: Parity,
    keep: Callable[[Parity], Bundle],
    change: dict[str, Any],
    message: str,
) -> None:
    bundle, foul = keep(parity), io.BytesIO()
    with np.load(io.BytesIO(bundle.parity)) as file:
        arrays = dict(file) | change
    np.savez_compressed(foul, allow_pickle=True, **arrays)
    with pytest.raises(BundleError, match=message) as error:
        read_parity(replace(bundle, parity=foul.getvalue()))
    assert "run: rlco engine calibrate --bundle" in str(error.value)
    assert "\n" not in str(error.value)


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 10_000), value=st.integers(0, 255), cut=st.booleans())
def test_damage_never_gets_further_than_one_line(place: int, value: int, cut: bool) -> None:
    one = Observation(0, {"front": np.zeros((64, 64, 3), np.uint8)}, np.zeros(17, np.float32), "go")
    written = io.BytesIO()
    write_parity(written, Parity((one,), np.zeros((1, 8, 7), np.float32)))
    data = bytearray(written.getvalue())
    place %= len(data)
    data[place] = value
    damaged = bytes(data[:place] if cut else data)
    assert "\n" not in _problem(replace(load_bundle(shipped_bundle()), parity=damaged))


def _problem(bundle: Bundle) -> str:
    """What is wrong with a record, if anything."""
    try:
        read_parity(bundle)
    except BundleError as error:
        return str(error)
    return ""
