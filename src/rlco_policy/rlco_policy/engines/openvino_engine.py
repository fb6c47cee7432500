# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""OpenVINO as an engine: the same ONNX graph, compiled for this processor."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlco_core.camera_sizes import Cameras
from rlco_core.contract import Contract
from rlco_core.errors import BundleError, ConfigError, in_short
from rlco_policy.engines.deadline import overdue
from rlco_policy.engines.engine import (
    OUTPUT,
    Precision,
    Signature,
    buffers,
    graph_inputs,
    graph_outputs,
    require_signature,
)
from rlco_policy.engines.graphs import has_control_flow, parsed
from rlco_policy.engines.settings import EngineSettings

_DEVICE = "CPU"
#: What OpenVINO calls a precision, and what a processor must be capable of for it. What an int8
#: graph leaves in floating point is computed in fp32: so it answers alike everywhere.
_HINTS: Mapping[Precision, tuple[str, str]] = {
    "fp32": ("f32", "FP32"),
    "fp16": ("f16", "FP16"),
    "bf16": ("bf16", "BF16"),
    "int8": ("f32", "INT8"),
}
_TYPES = {"uint8": "tensor(uint8)", "float32": "tensor(float)"}


class OpenVinoEngine:
    """An `Engine` on OpenVINO; arguments and errors as of `OnnxRuntimeEngine`."""

    name = "openvino"
    provider = _DEVICE
    fallback = ""

    def __init__(
        self,
        model: bytes,
        contract: Contract,
        settings: EngineSettings,
        cameras: Cameras = (),
    ) -> None:
        inputs, outputs = graph_inputs(contract, cameras), graph_outputs(contract)
        self.precision: Precision = settings.precision
        compiled = _compile(model, settings)
        require_signature("input", _signature(compiled.inputs, inputs), inputs)
        require_signature("output", _signature(compiled.outputs, outputs), outputs)
        self._inputs, self._outputs = buffers(inputs), buffers(outputs)
        self._request = compiled.create_infer_request()
        self._deadline: float | None = None
        for name, array in {**self._inputs, **self._outputs}.items():
            self._request.set_tensor(name, _shared(array))

    def put(self, name: str, value: NDArray[Any]) -> None:
        """See `Engine.put`."""
        self._inputs[name][0] = value

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """See `Engine.within`."""
        self._deadline = time.monotonic() + seconds
        try:
            yield
        except Exception as error:
            if time.monotonic() >= self._deadline:
                raise overdue(seconds) from error
            raise
        finally:
            self._deadline = None

    def run(self) -> NDArray[np.float32]:
        """See `Engine.run`."""
        # What `infer` does besides is to make a dictionary of copies.
        self._request.start_async()
        if self._deadline is not None:
            self._wait_until(self._deadline)
        self._request.wait()
        answer: NDArray[np.float32] = self._outputs[OUTPUT]
        return answer

    def _wait_until(self, deadline_s: float) -> None:
        left_ms = round(1e3 * max(0.0, deadline_s - time.monotonic()))
        if not self._request.wait_for(left_ms):
            self._request.cancel()
            raise TimeoutError


def _compile(model: bytes, settings: EngineSettings) -> Any:
    if has_control_flow(parsed(model)):
        # It would take no notice of being called off within a loop.
        raise BundleError(
            "the model cannot be opened on OpenVINO: it has loops or branches; "
            "choose engine onnxruntime"
        )
    core = _library().Core()
    hint, needed = _HINTS[settings.precision]
    capable = core.get_property(_DEVICE, "OPTIMIZATION_CAPABILITIES")
    if needed not in capable:
        raise ConfigError(
            f"this processor does not compute in {settings.precision}, only in "
            f"[{', '.join(capable)}]; choose precision fp32 or int8"
        )
    options = {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": "1",
        "INFERENCE_NUM_THREADS": str(settings.threads),
        "INFERENCE_PRECISION_HINT": hint,
        # Two engines would be pinned to the same cores.
        "ENABLE_CPU_PINNING": "NO",
    }
    try:
        return core.compile_model(core.read_model(model), _DEVICE, options)
    except RuntimeError as error:
        raise BundleError(f"the model cannot be opened on OpenVINO: {in_short(error)}") from error


def _library() -> Any:
    try:
        import openvino
    except ImportError as error:
        raise ConfigError(
            "engine 'openvino' needs the package openvino; run: pip install openvino, "
            "or choose engine 'onnxruntime'"
        ) from error
    return openvino


def _shared(array: NDArray[Any]) -> Any:
    return _library().Tensor(array, shared_memory=True)


def _signature(ports: Sequence[Any], wanted: Signature) -> Signature:
    """Of a compiled model, whose ports have several names where casts were folded into them."""
    named = {min(port.get_names(), key=lambda name: (name not in wanted, name)): port
             for port in ports}  # fmt: skip
    return {name: (_type(port), _shape(port)) for name, port in named.items()}


def _type(port: Any) -> str:
    name = port.get_element_type().to_dtype().name
    return _TYPES.get(name, f"tensor({name})")


def _shape(port: Any) -> tuple[int, ...]:
    """Sizes; -1 where one is not known before it runs."""
    return tuple(size.get_length() if size.is_static else -1 for size in port.get_partial_shape())
