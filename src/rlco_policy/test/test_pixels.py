# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Raw pixels of every encoding become RGB, and nothing that a camera may send does worse."""

from __future__ import annotations

import array
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rlco_core.errors import ContractMismatch
from rlco_policy.pixels import ENCODINGS, require_size, to_rgb

HEIGHT, WIDTH = 2, 4
RGB = np.arange(HEIGHT * WIDTH * 3, dtype=np.uint8).reshape(HEIGHT, WIDTH, 3) * 7
GRAY = RGB[:, :, :1]
ALPHA = np.full((HEIGHT, WIDTH, 1), 9, np.uint8)
AS_SENT = {
    "rgb8": RGB,
    "bgr8": RGB[:, :, ::-1],
    "rgba8": np.concatenate([RGB, ALPHA], 2),
    "bgra8": np.concatenate([RGB[:, :, ::-1], ALPHA], 2),
}


def sent(pixels: NDArray[np.uint8], padding: int) -> tuple[array.array[int], int]:
    """Bytes whose rows end with `padding` of 255, and how long a row is."""
    rows = pixels.reshape(len(pixels), -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=255)
    return array.array("B", rows.tobytes()), rows.shape[1]


@pytest.mark.parametrize("padding", [0, 5])
@pytest.mark.parametrize("encoding", AS_SENT)
def test_colours_come_in_their_order(encoding: str, padding: int) -> None:
    data, step = sent(AS_SENT[encoding], padding)
    np.testing.assert_array_equal(to_rgb(data, encoding, (WIDTH, HEIGHT), step), RGB)


def test_gray_is_the_same_in_all_colours() -> None:
    data, step = sent(GRAY, 3)
    found = to_rgb(data, "mono8", (WIDTH, HEIGHT), step)
    np.testing.assert_array_equal(found, np.repeat(GRAY, 3, 2))


@pytest.mark.parametrize(("encoding", "luma"), [("uyvy", 1), ("yuyv", 0)])
@pytest.mark.parametrize("padding", [0, 4])
def test_yuv_by_both_its_names(encoding: str, luma: int, padding: int) -> None:
    pixels = np.full((HEIGHT, WIDTH, 2), 128, np.uint8)  # no colour
    pixels[:, :, luma] = [16, 81, 145, 235]
    data, step = sent(pixels, padding)
    found = to_rgb(data, encoding, (WIDTH, HEIGHT), step)
    np.testing.assert_allclose(found[0, :, 0], [0, 76, 150, 255], atol=1)
    assert np.ptp(found, axis=2).max() <= 1
    old_name = {"uyvy": "yuv422", "yuyv": "yuv422_yuy2"}[encoding]
    np.testing.assert_array_equal(found, to_rgb(data, old_name, (WIDTH, HEIGHT), step))


def test_rgb_is_not_copied() -> None:
    data, step = sent(RGB, 5)
    pixels = to_rgb(data, "rgb8", (WIDTH, HEIGHT), step)
    data[0] = 99
    assert pixels[0, 0, 0] == 99


@pytest.mark.parametrize(
    ("encoding", "line"),
    [
        ("8UC3", "is '8UC3', which does not name its colours; the camera's driver should be set to "
                 "publish rgb8 or bgr8"),
        ("16UC1", "is '16UC1'; it should be one of rgb8, bgr8, rgba8, bgra8, mono8, uyvy, yuv422"),
        ("x" * 9999, f"is '{'x' * 40}'; it should be one of"),
        ("a\nb", r"is 'a\nb'; it should be one of"),
    ],
)  # fmt: skip
def test_other_encodings_are_refused(encoding: str, line: str) -> None:
    with pytest.raises(ContractMismatch, match=re.escape(line)):
        to_rgb(b"", encoding, (WIDTH, HEIGHT), 3 * WIDTH)


@pytest.mark.parametrize(("height", "step"), [(3, 12), (2, 11), (2, 0), (2, 2**32 - 1)])
def test_sizes_that_do_not_fit_the_data_are_refused(height: int, step: int) -> None:
    data, _ = sent(RGB, 0)
    line = rf"image of 4 x {height} has rows of {step} bytes and 24 bytes in all; it should have at"
    with pytest.raises(ContractMismatch, match=line):
        to_rgb(data, "rgb8", (WIDTH, height), step)


def test_yuv_of_an_odd_width_is_refused() -> None:
    with pytest.raises(ContractMismatch, match="in yuyv is 3 wide; it should be an even number"):
        to_rgb(bytes(12), "yuyv", (3, 2), 6)


def test_another_size_is_refused() -> None:
    require_size((3, 2), (3, 2))
    with pytest.raises(ContractMismatch, match="image is 2 x 3; it should be 3 x 2"):
        require_size((2, 3), (3, 2))


FRAMES = st.tuples(
    st.binary(max_size=200),
    st.sampled_from([*ENCODINGS, "8UC3", "bayer_rggb8", ""]) | st.text(max_size=8),
    st.integers(1, 9) | st.integers(1, 2**32 - 1),
    st.integers(1, 9) | st.integers(1, 2**32 - 1),
    st.integers(0, 40) | st.integers(0, 2**32 - 1),
)


@given(FRAMES)
def test_whatever_comes_is_an_image_or_refused_in_one_line(
    frame: tuple[bytes, str, int, int, int],
) -> None:
    data, encoding, width, height, step = frame
    try:
        pixels = to_rgb(data, encoding, (width, height), step)
    except ContractMismatch as error:
        line = str(error)
        assert len(line.splitlines()) == 1
    else:
        assert (pixels.shape, pixels.dtype) == ((height, width, 3), np.uint8)
