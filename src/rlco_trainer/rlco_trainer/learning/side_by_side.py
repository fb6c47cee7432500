# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Parts of a batch side by side, a core for each.

Within operations as small as those of these networks a second core hardly helps; half a batch on
each of two cores does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

Found = TypeVar("Found")
_CPU = torch.device("cpu")


class SideBySide:
    """Does the parts of a step at the same time; inside its context every thread has one core.

    Args:
        parts: how many, on the CPU; any other device needs no help.
        device: where the work is done.
    """

    def __init__(self, parts: int, device: torch.device = _CPU) -> None:
        self._parts = parts if device.type == "cpu" else 1
        self._pool = ThreadPoolExecutor(self._parts)
        self._before = torch.get_num_threads()

    def __enter__(self) -> None:
        self._before = torch.get_num_threads()
        torch.set_num_threads(1)

    def __exit__(self, *_: object) -> None:
        torch.set_num_threads(self._before)

    def over(self, count: int, job: Callable[[slice], Found]) -> list[Found]:
        """What ``job`` gives for each part of ``count`` samples, in their order."""
        edges = np.linspace(0, count, min(self._parts, count) + 1).round().astype(int).tolist()
        slices = [slice(*pair) for pair in pairwise(edges)]
        return list(self._pool.map(job, slices))


def gradients(loss: Tensor, parameters: Sequence[Tensor]) -> list[Tensor]:
    """Those of ``loss``; safe beside other threads, as nothing is added up in parameters."""
    return list(torch.autograd.grad(loss, parameters, materialize_grads=True))


def summed(parts: Sequence[Sequence[Tensor]]) -> list[Tensor]:
    """Gradients of a whole batch, from those of its parts, parameter by parameter."""
    return [torch.stack(gradient).sum(0) for gradient in zip(*parts, strict=True)]


def added(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Figures of a whole batch, from what its parts add to them."""
    return {name: sum(part[name] for part in parts) for name in parts[0]}


def compared(first: Sequence[Tensor], second: Sequence[Tensor]) -> tuple[float, float]:
    """Length of ``second`` over that of ``first``, and the cosine between them."""
    a = torch.cat([part.flatten() for part in first])
    b = torch.cat([part.flatten() for part in second])
    lengths = (a.norm().item(), b.norm().item())
    if min(lengths) == 0.0:
        return 0.0, 0.0
    return lengths[1] / lengths[0], (a @ b).item() / (lengths[0] * lengths[1])
