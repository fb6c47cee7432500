# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime as an engine: one session, bound to buffers that are made once.

A session runs sequentially on a fixed number of threads: the same observation gives the same
chunk. It computes where it was told to, or not at all: ONNX Runtime would fall back to the CPU
without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import takewhile
from types import MappingProxyType
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from rlco_core.camera_sizes import Cameras
from rlco_core.contract import Contract
from rlco_core.errors import BundleError, ConfigError, RlcoError, in_short
from rlco_policy.engines.binding import DeviceBinding, HostBinding
from rlco_policy.engines.deadline import Deadline
from rlco_policy.engines.engine import (
    Precision,
    Signature,
    graph_inputs,
    graph_outputs,
    require_signature,
)
from rlco_policy.engines.providers import (
    ON_GPU,
    can_be_captured,
    provider_options,
    require_precision,
)
from rlco_policy.engines.settings import CPU, EngineSettings
from rlco_policy.engines.tensorrt import TENSORRT, engine_folder


class OnnxRuntimeEngine:
    """An `Engine` on ONNX Runtime.

    Args:
        model: the ONNX graph.
        contract: what it must fit.
        settings: providers, threads, precision.
        cameras: in place of the contract's, where the graph was made for others.
        fallback: see `Engine.fallback`.

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
        fallback: str = "",
    ) -> None:
        inputs, outputs = graph_inputs(contract, cameras), graph_outputs(contract)
        self.precision: Precision = settings.precision
        self.fallback = fallback
        session = open_session(model, settings, inputs, captured=True)
        require_signature("input", _signature(session.get_inputs()), inputs)
        require_signature("output", _signature(session.get_outputs()), outputs)
        self.provider = str(session.get_providers()[0])
        self._deadline = Deadline()
        self._binding = _bound(session, self._deadline.options, inputs, outputs)

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """See `Engine.within`."""
        return self._deadline.within(seconds)

    def put(self, name: str, value: NDArray[Any]) -> None:
        """See `Engine.put`."""
        self._binding.put(name, value)

    def run(self) -> NDArray[np.float32]:
        """See `Engine.run`."""
        return self._binding.run()


def open_onnx_runtime(
    model: bytes, contract: Contract, settings: EngineSettings, cameras: Cameras = ()
) -> OnnxRuntimeEngine:
    """An engine on the first provider; where ``allow_cpu`` says so on the first that can.

    Raises:
        RlcoError: see `OnnxRuntimeEngine`; the last one's, where several were tried.
    """
    *ways, last = _ways(settings)
    problems: list[str] = []
    for way in ways:
        try:
            return OnnxRuntimeEngine(model, contract, way, cameras, "; ".join(problems))
        except RlcoError as error:
            problems.append(str(error))
    return OnnxRuntimeEngine(model, contract, last, cameras, "; ".join(problems))


def _ways(settings: EngineSettings) -> list[EngineSettings]:
    """What is tried, one after the other; the CPU may help each where it is allowed."""
    if not settings.allow_cpu:
        return [settings]
    others = tuple(takewhile(lambda name: name != CPU, settings.providers))
    return [replace(settings, providers=(*others[first:], CPU)) for first in range(len(others) + 1)]


def open_session(
    model: bytes,
    settings: EngineSettings,
    inputs: Signature = MappingProxyType({}),
    captured: bool = False,
) -> ort.InferenceSession:
    """A session in which the first provider that was asked for is in use.

    Args:
        captured: whether its inputs and output keep their addresses and shapes, so that a GPU may
            record a run and play it again.

    Raises:
        ConfigError: it cannot be had.
        BundleError: the model cannot be opened there.
    """
    providers, offered = settings.providers, ort.get_available_providers()
    for name in providers:
        _require_provider(name, offered, settings)
    require_precision(providers[0], settings.precision)
    capture = captured and can_be_captured(model, settings)
    kept = engine_folder(model, settings, inputs) if TENSORRT in providers else nullcontext("")
    with kept as folder:
        named = [(name, provider_options(name, settings, str(folder), capture))
                 for name in providers]  # fmt: skip
        try:
            session = ort.InferenceSession(model, _options(settings), named)
        except Exception as error:  # ONNX Runtime's own exception classes share no public base
            raise BundleError(
                f"the model cannot be opened on {providers[0]}: {in_short(error)}"
            ) from error
        # Before what a provider made is kept: what fell back made nothing.
        _require_provider(providers[0], session.get_providers()[:1], settings)
    return session


def _bound(
    session: ort.InferenceSession, options: ort.RunOptions, inputs: Signature, outputs: Signature
) -> HostBinding | DeviceBinding:
    provider = session.get_providers()[0]
    binding = DeviceBinding if provider in ON_GPU else HostBinding
    try:
        return binding(session, options, inputs, outputs)
    except RlcoError:
        raise
    except Exception as error:  # see above
        raise ConfigError(
            f"{provider} has no memory for the model's inputs: {in_short(error)}; free some, or "
            "choose another provider"
        ) from error


def _options(settings: EngineSettings) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = settings.threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    # Idle threads that spin would take the other processes' cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if CPU not in settings.providers:
        # Else single nodes of the graph could still end up there.
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    return options


def _require_provider(wanted: str, offered: Sequence[str], settings: EngineSettings) -> None:
    if wanted not in offered:
        others = "" if settings.allow_cpu else ", or set allow_cpu"
        raise ConfigError(
            f"execution provider {wanted} is not in use; onnxruntime offers "
            f"[{', '.join(offered)}] here: choose one of these, or install the build with "
            f"{wanted}{others}"
        )


def _signature(nodes: Sequence[Any]) -> Signature:
    return {node.name: (node.type, tuple(node.shape)) for node in nodes}
