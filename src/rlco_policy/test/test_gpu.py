# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The GPU in use and memory that is locked for it, by what stands in for CUDA."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rlco_core.errors import ConfigError
from rlco_policy.engines import pinned
from rlco_policy.engines.gpu import gpu_and_driver


class _FakeCuda:
    """Counts what is locked; the second lock fails where it is told to."""

    def __init__(self, codes: list[int]) -> None:
        self.codes, self.locked = codes, 0

    def cudaHostRegister(self, address: Any, size: Any, flags: int) -> int:  # noqa: N802
        self.locked += size.value
        return self.codes.pop(0)

    def cudaHostUnregister(self, address: Any) -> int:  # noqa: N802
        self.locked = 0
        return 0


def test_pages_are_locked_and_let_go() -> None:
    cuda = _FakeCuda([0])
    arrays = {"image": np.zeros((1, 4, 4, 3), np.uint8)}
    assert pinned.pin(arrays, lambda: cuda) is arrays
    assert cuda.locked == 48
    arrays.clear()
    assert cuda.locked == 0


def test_pages_that_cannot_be_locked() -> None:
    with pytest.raises(ConfigError, match=r"cannot lock 12 bytes of state \(error 2\); .*ulimit"):
        pinned.pin({"state": np.zeros(3, np.float32)}, lambda: _FakeCuda([2]))


def test_a_machine_without_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinned, "_LIBRARIES", ("libnone.so.9",))
    monkeypatch.setattr(pinned, "find_library", lambda name: "libnowhere.so")
    with pytest.raises(ConfigError, match=r"cannot be loaded \(libnone.so.9: .*libnowhere.so: "):
        pinned.cuda_runtime()


@pytest.mark.parametrize(
    ("there", "found"),
    [
        ({"libcudart.so.13", "libcudart.so.12"}, "libcudart.so.13"),
        ({"libcudart.so.12", "libother.so"}, "libcudart.so.12"),
        ({"libother.so"}, "libother.so"),
    ],
)
def test_the_newest_runtime_of_cuda_is_taken(
    monkeypatch: pytest.MonkeyPatch, there: set[str], found: str
) -> None:
    def load(name: str) -> str:
        if name not in there:
            raise OSError(f"{name}: no such file")
        return name

    monkeypatch.setattr(pinned.ctypes, "CDLL", load)
    monkeypatch.setattr(pinned, "find_library", lambda name: "libother.so")
    assert pinned.cuda_runtime() == found


class _Cuda:
    """A CUDA runtime whose first GPU is at a place on the bus; -1: it sees none."""

    def __init__(self, bus: bytes) -> None:
        self._bus = bus

    def cudaDeviceGetPCIBusId(self, bus: Any, size: Any, device: Any) -> int:  # noqa: N802
        assert (size.value, device.value) == (len(bus), 0)
        bus.value = self._bus
        return 0 if self._bus else 100


ONE = "00000000:01:00.0, RTX 4070, 580.65\n"
TWO = ONE + "00000000:0A:00.0, RTX 4090, 580.65\n"


@pytest.mark.parametrize(
    ("machine", "bus", "found"),
    [
        (ONE, b"", "RTX 4070, 580.65"),
        (TWO, b"0000:01:00.0", "RTX 4070, 580.65"),
        (TWO, b"0000:0a:00.0", "RTX 4090, 580.65"),
    ],
)
def test_the_gpu_in_use_is_the_first_that_cuda_sees(machine: str, bus: bytes, found: str) -> None:
    assert gpu_and_driver(lambda: machine, lambda: _Cuda(bus)) == found


@pytest.mark.parametrize(
    ("machine", "bus", "message"),
    [
        (TWO, b"", r"CUDA sees no GPU \(error 100\); look at CUDA_VISIBLE_DEVICES"),
        (TWO, b"0000:0b:00.0", r"of the GPUs \[.*4070.*4090.*\] CUDA sees none first; look at"),
        ("", b"", r"of the GPUs \[\] CUDA sees none first; look at CUDA_VISIBLE"),
    ],
)
def test_a_gpu_that_nobody_knows_is_refused(machine: str, bus: bytes, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        gpu_and_driver(lambda: machine, lambda: _Cuda(bus))
