# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Images of clients made smaller."""

from __future__ import annotations

import numpy as np
import pytest

from rlco_core.contract import CameraContract
from rlco_core.errors import ContractMismatch
from rlco_policy.serving.shrinking import fit

CAMERA = CameraContract(name="front", width=64, height=48, encoding="rgb8")


@pytest.mark.parametrize("factor", [2, 3, 10])
def test_every_pixel_is_the_mean_of_what_it_covers(factor: int) -> None:
    size = (48 * factor, 64 * factor, 3)
    image = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    means = image.reshape(48, factor, 64, factor, 3).mean(axis=(1, 3))
    assert np.abs(fit(image, CAMERA) - means).max() <= 0.5


def test_pixels_may_cover_fractions_of_others() -> None:
    columns = np.tile(np.repeat(np.arange(72, dtype=np.uint8), 2), (108, 1))
    image = np.stack([columns] * 3, axis=-1)
    row = fit(image, CAMERA)[0, :, 0]
    # Each covers 2.25 pixels: 0 0 and a quarter of 1; three quarters of 1, 1, and half of 2; ...
    assert row[:4].tolist() == [0, 1, 2, 3]
    assert row[-1] == 71


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
