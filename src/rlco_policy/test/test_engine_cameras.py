# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Larger cameras: the graph sees what OpenCV would have made of their images."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from rlco_core.bundle import load_bundle
from rlco_core.camera_sizes import cameras_that_fit
from rlco_core.contract import Contract
from rlco_core.errors import BundleError, ContractMismatch
from rlco_core.types import Observation
from rlco_policy.engines.cameras import area_weights, for_cameras
from rlco_policy.engines.settings import ENGINES, EngineSettings
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.parity import for_cameras as opened_for
from rlco_policy.shipped import shipped_bundle

sides = st.integers(1, 40)


def seen(contract: Contract, width: int, height: int, image: np.ndarray) -> np.ndarray:
    """What a graph that hands out its image sees of `image`."""
    (camera,) = contract.cameras
    shape = [1, camera.height, camera.width, 3]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["image_front"], ["out"])],
        "eye",
        [helper.make_tensor_value_info("image_front", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info("out", TensorProto.UINT8, shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    larger = cameras_that_fit(contract, {"front": (width, height)})
    made = for_cameras(model.SerializeToString(), contract, larger)
    onnx.checker.check_model(onnx.load_from_string(made))
    session = ort.InferenceSession(made, providers=["CPUExecutionProvider"])
    found: np.ndarray = session.run(None, {"image_front": image[None]})[0][0]
    return found


@pytest.mark.parametrize("factor", ["1", "1.5", "2", "3.5", "7.5", "10"])
def test_images_are_those_that_opencv_makes(contract: Contract, factor: str) -> None:
    width, height = (round(side * float(factor)) for side in (64, 48))
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    wanted = cv2.resize(noise.astype(np.float32), (64, 48), interpolation=cv2.INTER_AREA)
    found = seen(contract, width, height, noise)
    assert found.dtype == np.uint8
    assert np.abs(found - wanted).max() <= 0.5 + 1e-3


@given(after=sides, more=st.integers(0, 100))
def test_weights_cover_every_pixel_alike(after: int, more: int) -> None:
    before = after + more
    weights = area_weights(before, after)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(weights.sum(axis=0), after / before, rtol=1e-5)
    assert (weights >= 0.0).all()


@settings(max_examples=10, deadline=None)
@given(value=st.integers(0, 255), factor=st.integers(1, 4))
def test_a_plain_image_stays_plain(value: int, factor: int) -> None:
    contract = load_bundle(shipped_bundle()).contract
    image = np.full((64 * factor, 64 * factor, 3), value, np.uint8)
    assert (seen(contract, 64 * factor, 64 * factor, image) == value).all()


@pytest.mark.parametrize("name", ENGINES)
def test_a_policy_answers_larger_images_as_their_smaller_selves(
    bundle_path: Path, name: str, observation: Observation
) -> None:
    bundle = load_bundle(bundle_path)
    policy = OnnxPolicy(bundle, EngineSettings(name))  # type: ignore[arg-type]
    larger = opened_for(policy, cameras_that_fit(bundle.contract, {"front": (128, 96)}))
    assert opened_for(policy, policy.cameras) is policy
    small = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    doubled = small.repeat(2, axis=0).repeat(2, axis=1)
    found = larger.infer(Observation(7, {"front": doubled}, observation.proprioception, "push"))
    wanted = policy.infer(Observation(7, {"front": small}, observation.proprioception, "push"))
    np.testing.assert_allclose(found.actions, wanted.actions, rtol=1e-5)
    with pytest.raises(ContractMismatch, match=r"image of front is uint8 \[48, 64, 3\], .*96, 128"):
        larger.infer(Observation(7, {"front": small}, observation.proprioception, "push"))


@pytest.mark.parametrize("size", [(640, 640), (32, 24), (0, 0), (65, 48)])
def test_another_shape_or_a_smaller_camera_is_refused(
    contract: Contract, size: tuple[int, int]
) -> None:
    message = (
        f"camera front: bundle has 64 x 48, scene has {size[0]} x {size[1]}; "
        "it should have the same ratio of its sides and be no smaller"
    )
    with pytest.raises(ContractMismatch, match=message):
        cameras_that_fit(contract, {"front": size})


def test_what_is_no_graph(contract: Contract) -> None:
    larger = cameras_that_fit(contract, {"front": (128, 96)})
    with pytest.raises(BundleError, match="the model is no ONNX graph"):
        for_cameras(b"no graph", contract, larger)
