# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime as an engine: one session, bound to buffers that are made once.

A session runs sequentially on a fixed number of threads: the same observation gives the same
chunk. It computes where it was told to, or not at all: ONNX Runtime would fall back to the CPU
without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from types import MappingProxyType
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from rlco_core.camera_sizes import Cameras
from rlco_core.contract import Contract
from rlco_core.errors import BundleError, ConfigError, in_short
from rlco_policy.engines.binding import DeviceBinding, HostBinding
from rlco_policy.engines.engine import (
    Precision,
    Signature,
    graph_inputs,
    graph_outputs,
    require_signature,
)
from rlco_policy.engines.providers import ON_GPU, provider_options, require_precision
from rlco_policy.engines.settings import CPU, EngineSettings
from rlco_policy.engines.tensorrt import TENSORRT, engine_folder


class OnnxRuntimeEngine:
    """An `Engine` on ONNX Runtime.

    Args:
        model: the ONNX graph.
        contract: what it must fit.
        settings: providers, threads, precision.
        cameras: in place of the contract's, where the graph was made for others.

    Raises:
        ConfigError: a provider cannot be had, or does not compute in that precision.
        BundleError: it is no graph, or has other inputs or outputs.
    """

    name = "onnxruntime"

    def __init__(
        self,
        model: bytes,
        contract: Contract,
        settings: EngineSettings,
        cameras: Cameras = (),
    ) -> None:
        inputs, outputs = graph_inputs(contract, cameras), graph_outputs(contract)
        self.precision: Precision = settings.precision
        self._session = open_session(model, settings, inputs)
        require_signature("input", _signature(self._session.get_inputs()), inputs)
        require_signature("output", _signature(self._session.get_outputs()), outputs)
        self.provider = str(self._session.get_providers()[0])
        binding = DeviceBinding if self.provider in ON_GPU else HostBinding
        self._binding = binding(self._session, inputs, outputs)

    def put(self, name: str, value: NDArray[Any]) -> None:
        """See `Engine.put`."""
        self._binding.put(name, value)

    def run(self) -> NDArray[np.float32]:
        """See `Engine.run`."""
        return self._binding.run()


def open_session(
    model: bytes, settings: EngineSettings, inputs: Signature = MappingProxyType({})
) -> ort.InferenceSession:
    """A session in which the first provider that was asked for is in use."""
    providers = _available(settings)
    require_precision(providers[0], settings.precision)
    kept = engine_folder(model, settings, inputs) if TENSORRT in providers else nullcontext("")
    with kept as folder:
        named = [(name, provider_options(name, settings, str(folder))) for name in providers]
        try:
            session = ort.InferenceSession(model, _options(settings, providers), named)
        except Exception as error:  # ONNX Runtime's own exception classes share no public base
            raise BundleError(
                f"the model cannot be opened on {providers[0]}: {in_short(error)}"
            ) from error
    _require_provider(providers[0], session.get_providers()[:1])
    return session


def _available(settings: EngineSettings) -> list[str]:
    """The providers to use; where the CPU will do, those that this build has, and the CPU."""
    offered = ort.get_available_providers()
    if settings.allow_cpu:
        return [*(name for name in settings.providers if name in offered and name != CPU), CPU]
    for name in settings.providers:
        _require_provider(name, offered)
    return list(settings.providers)


def _options(settings: EngineSettings, providers: Sequence[str]) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = settings.threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    # Idle threads that spin would take the other processes' cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if CPU not in providers:
        # Else single nodes of the graph could still end up there.
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    return options


def _require_provider(wanted: str, offered: Sequence[str]) -> None:
    if wanted not in offered:
        raise ConfigError(
            f"execution provider {wanted} is not in use; onnxruntime offers "
            f"[{', '.join(offered)}] here: choose one of these, install the build with {wanted}, "
            "or set allow_cpu"
        )


def _signature(nodes: Sequence[Any]) -> Signature:
    return {node.name: (node.type, tuple(node.shape)) for node in nodes}
