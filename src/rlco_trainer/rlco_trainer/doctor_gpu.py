# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Whether policies run on this machine's GPU: from its driver up to the answers of a bundle.

    rlco doctor --gpu

The shipped bundle is opened on every provider and asked what it was asked when it was made, so a
provider that is there and answers wrongly is found, too.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator

import onnxruntime as ort

from rlco_core.bundle import load_bundle
from rlco_core.errors import RlcoError
from rlco_policy.engines.engine import Precision
from rlco_policy.engines.gpu import gpu_and_driver
from rlco_policy.engines.pinned import cuda_runtime
from rlco_policy.engines.providers import CUDA
from rlco_policy.engines.settings import EngineSettings
from rlco_policy.engines.tensorrt import TENSORRT
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.parity import require_parity
from rlco_policy.shipped import shipped_bundle
from rlco_trainer.check import GPU_IMAGE, Check, in_a_line

#: Libraries that ONNX Runtime's providers load by name, and the wheel that has them.
LIBRARIES = {
    "libcudart.so.13": "nvidia-cuda-runtime",
    "libcublasLt.so.13": "nvidia-cublas",
    "libcudnn.so.9": "nvidia-cudnn-cu13",
    "libnvinfer.so.10": "tensorrt-cu13-libs",
    "libnvonnxparser.so.10": "tensorrt-cu13-libs",
}
WAYS: tuple[tuple[str, Precision], ...] = (
    (CUDA, "fp32"),
    (TENSORRT, "fp32"),
    (TENSORRT, "fp16"),
)
_RUNS = 200


def gpu_report() -> Iterator[Check]:
    """Every check, in the order in which one would repair things."""
    yield _driver()
    yield _providers()
    for library, wheel in LIBRARIES.items():
        yield _library(library, wheel)
    yield _page_locked()
    for provider, precision in WAYS:
        yield _answers(provider, precision)


def _driver() -> Check:
    try:
        return Check("NVIDIA driver", True, gpu_and_driver(), "")
    except RlcoError as error:
        fix = "install NVIDIA's driver; in a container, run it with --gpus all"
        return Check("NVIDIA driver", False, in_a_line(error), fix)


def _providers() -> Check:
    found = ort.get_available_providers()
    ok = {CUDA, TENSORRT} <= set(found)
    fix = f"pip install onnxruntime-gpu in place of onnxruntime, or {GPU_IMAGE}"
    return Check("ONNX Runtime for GPUs", ok, f"{ort.__version__}: {', '.join(found)}", fix)


def _library(name: str, wheel: str) -> Check:
    try:
        ctypes.CDLL(name)
    except OSError as error:
        fix = f"pip install {wheel}, with its folder in LD_LIBRARY_PATH; or {GPU_IMAGE}"
        return Check(name, False, in_a_line(error), fix)
    return Check(name, True, "loaded", "")


def _page_locked() -> Check:
    """Which CUDA runtime locks the memory that images are handed over in."""
    try:
        return Check("page-locked memory", True, f"by {cuda_runtime()._name}", "")
    except RlcoError as error:
        fix = f"repair what is said above, or {GPU_IMAGE}"
        return Check("page-locked memory", False, in_a_line(error), fix)


def _answers(provider: str, precision: Precision) -> Check:
    """The shipped bundle's drift and time there."""
    name, bundle = f"{provider} in {precision}", load_bundle(shipped_bundle())
    try:
        policy = OnnxPolicy(bundle, EngineSettings("onnxruntime", precision, (provider,)))
        drift = require_parity(policy, bundle)
        policy.warm_up()
    except RlcoError as error:
        return Check(name, False, in_a_line(error), f"repair what is said above, or {GPU_IMAGE}")
    begun = time.perf_counter()
    for _ in range(_RUNS):
        policy.engine.run()
    each_ms = 1e3 * (time.perf_counter() - begun) / _RUNS
    share = f", drift {drift.share:.2f} of what is allowed" if drift else ""
    return Check(name, True, f"{each_ms:.2f} ms{share}", "")
