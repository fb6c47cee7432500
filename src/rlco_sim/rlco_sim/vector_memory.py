# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Where the processes of a vector environment write what they see, and its caller reads it."""

from __future__ import annotations

from collections.abc import Mapping
from multiprocessing.shared_memory import SharedMemory
from typing import Any, TypeAlias

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

Arrays: TypeAlias = dict[str, NDArray[Any]]
#: Name -> shape and type of one environment's entry in the shared block.
Layout: TypeAlias = Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]]


def layout_of(observation: spaces.Space[Any], action: spaces.Space[Any]) -> Layout:
    """What one environment has in the block."""
    assert isinstance(observation, spaces.Dict)
    parts = {key: (space.shape or (), np.dtype(space.dtype)) for key, space in observation.items()}
    return {
        **parts,
        "action": (action.shape or (), np.dtype(np.float32)),
        "reward": ((), np.dtype(np.float64)),
        "terminated": ((), np.dtype(np.bool_)),
        "truncated": ((), np.dtype(np.bool_)),
    }


def bytes_of(layout: Layout, num_envs: int) -> int:
    """The block's size."""
    return sum(_padded(shape, kind, num_envs) for shape, kind in layout.values())


def _padded(shape: tuple[int, ...], kind: np.dtype[Any], num_envs: int) -> int:
    """Bytes of one array, filled up so that the next begins on a cache line."""
    return -(-num_envs * int(np.prod(shape)) * kind.itemsize // 64) * 64


def views(memory: SharedMemory, layout: Layout, num_envs: int) -> Arrays:
    """(num_envs, ...) arrays in the block, by name."""
    arrays, offset = {}, 0
    for name, (shape, kind) in layout.items():
        arrays[name] = np.ndarray((num_envs, *shape), kind, memory.buf, offset)
        offset += _padded(shape, kind, num_envs)
    return arrays
