# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Patterns for surfaces: factors that darken a surface's own colour from place to place."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

_SIZE = 128

Pattern = NDArray[np.float64]


def _checker() -> Pattern:
    cells = np.indices((_SIZE, _SIZE)) // (_SIZE // 8)
    return (cells.sum(axis=0) % 2).astype(np.float64)


def _stripes() -> Pattern:
    return np.tile((np.arange(_SIZE) // (_SIZE // 10)) % 2, (_SIZE, 1)).astype(np.float64)


def _wood() -> Pattern:
    """Rings of a tree, cut lengthwise."""
    y, x = np.indices((_SIZE, _SIZE)) / _SIZE
    bent = 9.0 * y + 0.6 * np.sin(4.0 * x) + 0.8 * _clouds()
    return 0.5 + 0.5 * np.sin(2.0 * np.pi * bent)


def _clouds() -> Pattern:
    """Smooth noise of a few octaves (Perlin, SIGGRAPH 1985)."""
    rng = np.random.default_rng(7)
    total = np.zeros((_SIZE, _SIZE))
    for octave in range(1, 5):
        grid = rng.random((2**octave + 1,) * 2)
        total += cv2.resize(grid, (_SIZE, _SIZE), interpolation=cv2.INTER_CUBIC) / octave
    total -= total.min()
    return total / total.max()


def _speckle() -> Pattern:
    return (np.random.default_rng(8).random((_SIZE, _SIZE)) < 0.2).astype(np.float64)


_PATTERNS: dict[str, Callable[[], Pattern]] = {
    "plain": lambda: np.zeros((_SIZE, _SIZE)),
    "checker": _checker,
    "stripes": _stripes,
    "wood": _wood,
    "clouds": _clouds,
    "speckle": _speckle,
}


def pattern(name: str, contrast: float) -> NDArray[np.float32]:
    """(S, S) factors on a colour: 1 where the pattern is light, 1 - contrast where it is dark."""
    return (1.0 - contrast * _darkness(name)).astype(np.float32)


@cache
def _darkness(name: str) -> Pattern:
    return _PATTERNS[name]()
