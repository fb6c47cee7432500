# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""JPEG and PNG become RGB; what is damaged or claims to be huge is refused before it costs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rlco_core.errors import ContractMismatch
from rlco_policy.coded import decode

SIZE = (40, 24)
_RAMP = np.mgrid[0:24, 0:40]
RGB = np.stack([_RAMP[0] * 10, _RAMP[1] * 6, _RAMP[0] * 0 + 80], 2).astype(np.uint8)


def coded(kind: str, pixels: NDArray[np.uint8] = RGB) -> bytes:
    """As a camera's driver would send it."""
    return bytes(cv2.imencode(kind, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes())


PNG, JPEG = coded(".png"), coded(".jpg")


def test_png_loses_nothing() -> None:
    np.testing.assert_array_equal(decode(PNG, SIZE), RGB)


def test_jpeg_loses_little() -> None:
    error = np.abs(decode(JPEG, SIZE).astype(int) - RGB)
    assert 0 < error.mean() < 3


def test_gray_files_become_rgb() -> None:
    gray = bytes(cv2.imencode(".png", RGB[:, :, 0])[1].tobytes())
    np.testing.assert_array_equal(decode(gray, SIZE), np.repeat(RGB[:, :, :1], 3, 2))


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", PNG[:20], b"GIF89a" + bytes(40), JPEG[:30]])
def test_without_a_header_it_is_refused(data: bytes) -> None:
    with pytest.raises(ContractMismatch, match=f"of {len(data)} bytes has no header of JPEG or PN"):
        decode(data, SIZE)


@pytest.mark.parametrize("data", [PNG, JPEG])
def test_another_size_is_refused(data: bytes) -> None:
    with pytest.raises(ContractMismatch, match="image is 40 x 24; it should be 64 x 64"):
        decode(data, (64, 64))


def test_a_picture_that_claims_to_be_huge_is_not_decoded() -> None:
    huge = PNG[:16] + (60_000).to_bytes(4, "big") * 2 + PNG[24:]
    with pytest.raises(ContractMismatch, match="image is 60000 x 60000; it should be 40 x 24"):
        decode(huge, SIZE)


def test_a_damaged_picture_is_refused() -> None:
    broken = PNG[:60] + bytes(len(PNG) - 60)
    with pytest.raises(ContractMismatch, match="cannot be decoded; it should be whole"):
        decode(broken, SIZE)


def test_fill_bytes_before_a_marker_are_skipped() -> None:
    np.testing.assert_array_equal(
        decode(JPEG[:2] + b"\xff\xff" + JPEG[2:], SIZE), decode(JPEG, SIZE)
    )


def test_a_picture_of_a_thousand_scans_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = cv2.imencode(".jpg", RGB, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    np.testing.assert_array_equal(decode(encoded, SIZE).shape, RGB.shape)
    last = encoded.rindex(b"\xff\xda")
    bomb = encoded[:last] + encoded[last:-2] * 1000 + encoded[-2:]
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    message = r"has 1\d+ scans; it should have 64 at most, and a camera's has one"
    with pytest.raises(ContractMismatch, match=message):
        decode(bomb, SIZE)


def test_what_looks_like_scans_in_a_png_is_none() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), np.uint8)
    file = coded(".png", noise)
    assert file.count(b"\xff\xda") > 0
    assert decode(file + b"\xff\xda" * 100, (1024, 1024)).shape == noise.shape


@given(
    st.sampled_from([PNG, JPEG]),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8),
    st.integers(0, 2000),
)
def test_whatever_comes_is_an_image_or_refused_in_one_line(
    file: bytes, changes: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(file)
    for at, value in changes:
        data[at % len(data)] = value
    try:
        pixels = decode(bytes(data[:length]), SIZE)
    except ContractMismatch as error:
        line = str(error)
        assert len(line.splitlines()) == 1
    else:
        assert (pixels.shape, pixels.dtype) == ((24, 40, 3), np.uint8)
