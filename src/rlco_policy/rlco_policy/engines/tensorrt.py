# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT compiles a graph for minutes; what it made is kept for the very same circumstances."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnxruntime as ort

from rlco_core.errors import ConfigError
from rlco_policy.engines.cache import cache_key, published
from rlco_policy.engines.engine import Signature
from rlco_policy.engines.gpu import gpu_and_driver
from rlco_policy.engines.settings import EngineSettings

TENSORRT = "TensorrtExecutionProvider"


@contextmanager
def engine_folder(model: bytes, settings: EngineSettings, inputs: Signature) -> Iterator[Path]:
    """The folder of what TensorRT made of ``model`` for this machine; where there is none, one
    that is kept if what is done within succeeds.
    """
    folder = settings.cache / f"tensorrt-{_key(model, settings, inputs)}"
    if folder.is_dir() and any(folder.iterdir()):
        yield folder
        return
    with published(folder) as scratch:
        yield scratch
        if not any(scratch.iterdir()):
            raise ConfigError(
                "TensorRT compiled nothing of the model; choose another provider, or look at what "
                "ONNX Runtime says above"
            )


def _key(model: bytes, settings: EngineSettings, inputs: Signature) -> str:
    return cache_key(
        model=hashlib.sha256(model).hexdigest(),
        onnxruntime=ort.__version__,
        tensorrt=tensorrt_version(),
        gpu_and_driver=gpu_and_driver(),
        precision=settings.precision,
        shapes={name: shape for name, (_, shape) in inputs.items()},
    )


def tensorrt_version() -> int:
    """As TensorRT counts: 101303 for 10.13.3.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return int(ctypes.CDLL("libnvinfer.so.10").getInferLibVersion())
    except OSError as error:
        raise ConfigError(
            f"TensorRT cannot be loaded ({error}); install TensorRT 10, or choose another provider"
        ) from error
