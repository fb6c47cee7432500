# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Which GPU computes: the first that CUDA sees, which need not be the first of the machine."""

from __future__ import annotations

import ctypes
import re
import subprocess
from collections.abc import Callable
from typing import Any

from rlco_core.errors import ConfigError
from rlco_policy.engines.pinned import cuda_runtime

_ASK = ("nvidia-smi", "--query-gpu=pci.bus_id,name,driver_version", "--format=csv,noheader")
_ASK_S = 20.0
_BUS_ID_BYTES = 32


def gpu_and_driver(
    ask: Callable[[], str] | None = None, runtime: Callable[[], Any] = cuda_runtime
) -> str:
    """Name of the GPU in use and version of its driver.

    Args:
        ask: what tells all GPUs of the machine, by default nvidia-smi.
        runtime: what tells which of several CUDA sees first.

    Raises:
        ConfigError: there is none, or nobody knows which.
    """
    lines = [line for line in (ask or _ask)().splitlines() if line.strip()]
    gpus = {_place(bus): rest.strip() for bus, _, rest in (line.partition(",") for line in lines)}
    if len(gpus) == 1:
        return gpus.popitem()[1]
    place = _place(_first_of_cuda(runtime())) if gpus else ()
    if place not in gpus:
        raise ConfigError(
            f"of the GPUs [{'; '.join(lines)}] CUDA sees none first; "
            "look at CUDA_VISIBLE_DEVICES, or choose another provider"
        )
    return gpus[place]


def _ask() -> str:
    try:
        return subprocess.run(
            _ASK, capture_output=True, text=True, check=True, timeout=_ASK_S
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigError(
            f"no NVIDIA GPU answers ({error}); TensorRT needs one: choose another provider"
        ) from error


def _first_of_cuda(library: Any) -> str:
    """Where on the bus CUDA's first GPU is; CUDA_VISIBLE_DEVICES and its own order decide."""
    bus = ctypes.create_string_buffer(_BUS_ID_BYTES)
    code = library.cudaDeviceGetPCIBusId(bus, ctypes.c_int(_BUS_ID_BYTES), ctypes.c_int(0))
    if code != 0:
        raise ConfigError(
            f"CUDA sees no GPU (error {code}); look at CUDA_VISIBLE_DEVICES, "
            "or choose another provider"
        )
    return bus.value.decode()


def _place(bus: str) -> tuple[str, ...]:
    """The same for 00000000:0A:00.0, as nvidia-smi writes it, and 0000:0a:00.0, as CUDA does."""
    return tuple(part.lstrip("0").lower() for part in re.split("[:.]", bus.strip()))
