# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What ONNX Runtime's execution providers compute in, and how they are told."""

from __future__ import annotations

from collections.abc import Mapping

from rlco_core.errors import ConfigError
from rlco_policy.engines.engine import Precision
from rlco_policy.engines.graphs import has_control_flow, parsed
from rlco_policy.engines.settings import CPU, EngineSettings
from rlco_policy.engines.tensorrt import TENSORRT

CUDA = "CUDAExecutionProvider"
OPENVINO = "OpenVINOExecutionProvider"
ON_GPU = frozenset({CUDA, TENSORRT})

#: What each computes in when it is given a graph in single precision, or the one that was built.
_COMPUTES: Mapping[str, tuple[Precision, ...]] = {
    CPU: ("fp32", "int8"),
    CUDA: ("fp32",),
    OPENVINO: ("fp32", "int8"),
    TENSORRT: ("fp32", "fp16", "bf16", "int8"),
}


def require_precision(provider: str, precision: Precision) -> None:
    """Raises `ConfigError` where ``provider`` would quietly compute in another precision."""
    known = _COMPUTES.get(provider, ("fp32",))
    if precision not in known:
        raise ConfigError(
            f"{provider} does not compute in {precision}, only in {' or '.join(known)}; "
            "choose one of these, or another engine or provider"
        )


def can_be_captured(model: bytes, settings: EngineSettings) -> bool:
    """Whether a GPU may record a run as a CUDA graph. ONNX Runtime refuses a session that asks for
    it where anything is decided while it runs, or where a provider has not got the whole graph.
    """
    alone = len(settings.providers) == 1 and settings.providers[0] in ON_GPU
    return alone and not has_control_flow(parsed(model))


def provider_options(
    provider: str, settings: EngineSettings, folder: str, capture: bool
) -> dict[str, str]:
    """Options of one provider; TensorRT keeps what it built in ``folder``."""
    if provider == CUDA:
        return {"enable_cuda_graph": str(int(capture)), "use_tf32": "0"}
    if provider == OPENVINO:
        return {"device_type": "CPU", "num_of_threads": str(settings.threads), "precision": "FP32"}
    if provider == TENSORRT:
        return {
            "trt_engine_cache_enable": "1",
            "trt_engine_cache_path": folder,
            "trt_timing_cache_enable": "1",
            "trt_timing_cache_path": folder,
            "trt_cuda_graph_enable": str(int(capture)),
            **({} if settings.precision == "fp32" else {f"trt_{settings.precision}_enable": "1"}),
        }
    return {}
