# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""From a bundle and settings to an engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rlco_core.bundle import Bundle
from rlco_core.camera_sizes import Cameras
from rlco_core.contract import Contract
from rlco_policy.engines.built import built_model
from rlco_policy.engines.cameras import for_cameras
from rlco_policy.engines.engine import Engine
from rlco_policy.engines.graphs import parsed
from rlco_policy.engines.onnx_runtime import open_onnx_runtime
from rlco_policy.engines.openvino_engine import OpenVinoEngine
from rlco_policy.engines.settings import EngineName, EngineSettings

_Open = Callable[[bytes, Contract, EngineSettings, Cameras], Engine]
_KINDS: Mapping[EngineName, _Open] = {
    "onnxruntime": open_onnx_runtime,
    "openvino": OpenVinoEngine,
}


def open_engine(bundle: Bundle, settings: EngineSettings, cameras: Cameras = ()) -> Engine:
    """The engine of a bundle, whose graph takes the images of ``cameras`` where there are some.

    Raises:
        ConfigError: the settings ask for what is not there; the line says how to have it.
        BundleError: the graph cannot be opened, or does not fit the contract.
    """
    model = built_model(bundle, settings)
    return open_model(model, bundle.contract, settings, cameras)


def open_model(
    model: bytes,
    contract: Contract,
    settings: EngineSettings,
    cameras: Cameras = (),
) -> Engine:
    """The same for a graph that is at hand.

    Raises:
        ConfigError, BundleError: see `open_engine`.
    """
    parsed(model)
    if cameras:
        model = for_cameras(model, contract, cameras)
    return _KINDS[settings.engine](model, contract, settings, cameras)
