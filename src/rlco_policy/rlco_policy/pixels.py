# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Uncompressed pixels as cameras send them -> RGB.

All encodings here have values of 8 bits, for which the order of bytes within a value says nothing.
"""

from __future__ import annotations

import array
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import ContractMismatch

_SHOWN = 40
#: Width and height, pixels.
Size = tuple[int, int]


class _Encoding(NamedTuple):
    """Bytes of a pixel, and what makes RGB of them; None: they are RGB."""

    depth: int
    conversion: int | None


_UYVY = _Encoding(2, cv2.COLOR_YUV2RGB_UYVY)
_YUYV = _Encoding(2, cv2.COLOR_YUV2RGB_YUY2)
#: By the names of REP 118 and sensor_msgs, of which some have two.
ENCODINGS = {
    "rgb8": _Encoding(3, None),
    "bgr8": _Encoding(3, cv2.COLOR_BGR2RGB),
    "rgba8": _Encoding(4, cv2.COLOR_RGBA2RGB),
    "bgra8": _Encoding(4, cv2.COLOR_BGRA2RGB),
    "mono8": _Encoding(1, cv2.COLOR_GRAY2RGB),
    "uyvy": _UYVY,
    "yuv422": _UYVY,
    "yuyv": _YUYV,
    "yuv422_yuy2": _YUYV,
}


def require_size(found: Size, wanted: Size) -> None:
    """Raises `ContractMismatch` unless an image has the size that its camera told."""
    if found != wanted:
        raise ContractMismatch(
            f"image is {found[0]} x {found[1]}; it should be {wanted[0]} x {wanted[1]}"
        )


def to_rgb(
    data: bytes | array.array[int] | memoryview, encoding: str, size: Size, step: int
) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 RGB of rows of `step` bytes; a view of the data where that is RGB.

    Raises:
        ContractMismatch: another encoding, or less data than the sizes say.
    """
    known = _known(encoding)
    width, height = size
    used = known.depth * width
    if step < used or len(data) < height * step:
        raise ContractMismatch(
            f"image of {width} x {height} has rows of {step} bytes and {len(data)} bytes in all; "
            f"it should have at least {used} and height times as many"
        )
    if known.depth == 2 and width % 2:
        raise ContractMismatch(f"image in {encoding} is {width} wide; it should be an even number")
    rows = np.frombuffer(data, np.uint8, height * step).reshape(height, step)
    pixels = rows[:, :used].reshape(height, width, known.depth)
    if known.conversion is None:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, known.conversion), np.uint8)


def _known(encoding: str) -> _Encoding:
    """The encoding of that name."""
    if encoding in ENCODINGS:
        return ENCODINGS[encoding]
    is_what = f"image encoding is {encoding[:_SHOWN]!r}"
    if encoding.startswith("8UC"):
        raise ContractMismatch(
            f"{is_what}, which does not name its colours; "
            "the camera's driver should be set to publish rgb8 or bgr8"
        )
    raise ContractMismatch(f"{is_what}; it should be one of {', '.join(ENCODINGS)}")
