# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Images of clients made as small as the contract asks, by the mean of what each pixel covers."""

from __future__ import annotations

import cv2
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
    size = (camera.width, camera.height)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
