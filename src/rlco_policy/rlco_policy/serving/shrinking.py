# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Images of clients made as small as the contract asks, by the mean of what each pixel covers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rlco_core.contract import CameraContract
from rlco_core.errors import ContractMismatch


def fit(image: NDArray[np.uint8], camera: CameraContract) -> NDArray[np.uint8]:
    """(height, width, 3) of ``camera`` from an image of that size, or a larger one of its shape.

    Raises:
        ContractMismatch: the image is smaller, or of another aspect ratio.
    """
    height, width = image.shape[:2]
    if (height, width) == (camera.height, camera.width):
        return image
    if height * camera.width != width * camera.height or height < camera.height:
        raise ContractMismatch(
            f"image of {camera.name} is {width} x {height}; it should be {camera.width} x "
            f"{camera.height}, or larger with the same aspect ratio"
        )
    rows = _weights(height, camera.height) @ image.reshape(height, -1).astype(np.float32)
    pixels = _weights(width, camera.width) @ rows.reshape(camera.height, width, 3)
    return np.rint(pixels).astype(np.uint8)


@lru_cache(maxsize=16)
def _weights(source: int, target: int) -> NDArray[np.float32]:
    """(target, source): the share of every source pixel in every target pixel; rows add up to 1."""
    edges = np.linspace(0.0, source, target + 1)[:, np.newaxis]
    pixels = np.arange(source)
    covered = np.minimum(edges[1:], pixels + 1) - np.maximum(edges[:-1], pixels)
    share: NDArray[np.float32] = (covered.clip(0.0) * target / source).astype(np.float32)
    return share
