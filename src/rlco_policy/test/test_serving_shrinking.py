# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Images of clients made smaller."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from rlco_core.contract import CameraContract
from rlco_core.errors import ContractMismatch
from rlco_policy.serving.shrinking import fit

CAMERA = CameraContract(name="front", width=64, height=48, encoding="rgb8")


@pytest.mark.parametrize("size", [(108, 144), (120, 160), (480, 640)])
def test_every_pixel_is_the_mean_of_what_it_covers(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    expected = cv2.resize(image, (64, 48), interpolation=cv2.INTER_AREA)
    off = fit(image, CAMERA).astype(int) - expected
    assert np.abs(off).max() <= 1
    assert np.count_nonzero(off) <= 0.01 * off.size


def test_an_image_of_the_right_size_stays_the_same() -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    assert fit(image, CAMERA) is image


@pytest.mark.parametrize("size", [(64, 64), (24, 32), (48, 65), (480, 639)])
def test_another_shape_or_a_smaller_image_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ContractMismatch) as caught:
        fit(np.zeros((*size, 3), np.uint8), CAMERA)
    assert str(caught.value) == (
        f"image of front is {size[1]} x {size[0]}; it should be 64 x 48, "
        "or larger with the same aspect ratio"
    )
