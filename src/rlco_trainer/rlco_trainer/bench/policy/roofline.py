# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The least time that a network could take on this machine, by what it computes and moves.

Peaks are measured, of large products of matrices and of copies of memory that no cache holds. What
is in caches moves faster, and products of small matrices reach no peak, so the bound is neither
tight nor beaten easily.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

_SIDE = 1536
_REPEATS = 8
_MEMORY_BYTES = 1 << 28
#: Bytes of a number.
_BYTES: Mapping[str, int] = {"fp32": 4, "bf16": 2, "int8": 1}


@dataclass(frozen=True)
class Work:
    """What one inference needs.

    Attributes:
        flop: multiplications and additions.
        numbers: weights, and what goes in and out of products and convolutions.
    """

    flop: int
    numbers: int


def work_of(network: nn.Module, inputs: tuple[Tensor, ...]) -> Work:
    """Counts what ``network`` does with ``inputs``."""
    moved = 0

    def count(module: nn.Module, given: tuple[Tensor, ...], answer: Tensor) -> None:
        nonlocal moved
        moved += sum(part.numel() for part in (*given, answer))

    layers = [part for part in network.modules() if isinstance(part, nn.Conv2d | nn.Linear)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network(*inputs)
    for hook in hooks:
        hook.remove()
    weights = sum(part.numel() for layer in layers for part in layer.parameters())
    return Work(counter.get_total_flops(), moved + weights)


@dataclass(frozen=True)
class Peaks:
    """What the machine does at best, per second: operations by precision, and bytes."""

    operations: Mapping[str, float]
    bytes: float

    def least_ms(self, work: Work, precision: str) -> float:
        """The least time of ``work``."""
        computing = work.flop / self.operations[precision]
        moving = work.numbers * _BYTES[precision] / self.bytes
        return 1e3 * max(computing, moving)


def measure_peaks(threads: int) -> Peaks:
    """Of this machine, with so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        operations = {name: _product(name) for name in _BYTES}
        return Peaks(operations, _copy())
    finally:
        torch.set_num_threads(before)


def _product(precision: str) -> float:
    """Operations per second of a product of large matrices."""
    if precision == "int8":
        first, second = (torch.randint(-9, 9, (_SIDE, _SIDE), dtype=torch.int8) for _ in range(2))
        return 2 * _SIDE**3 / _best(lambda: torch._int_mm(first, second))
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    left, right = (torch.randn(_SIDE, _SIDE).to(kind) for _ in range(2))
    return 2 * _SIDE**3 / _best(lambda: left @ right)


def _copy() -> float:
    """Bytes per second that are read or written by a copy."""
    source = torch.zeros(_MEMORY_BYTES // 4)
    target = torch.zeros_like(source)
    return 2 * _MEMORY_BYTES / _best(lambda: target.copy_(source))


def _best(call: Callable[[], object]) -> float:
    """The shortest of some calls, s."""
    call()
    times = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)
