# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""JPEG and PNG images as cameras send them -> RGB.

The size is read from the header before anything is decoded: a few bytes may claim a picture that
does not fit into memory.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import ContractMismatch
from rlco_policy.pixels import Size, require_size

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
#: Markers of a JPEG frame header: all that begin with C but tables and arithmetic conditioning.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: Begins a scan of a JPEG. Cameras send one, encoders for the web about ten; every further one
#: costs a few bytes, and as much time as the whole picture.
_SCAN, _MOST_SCANS = b"\xff\xda", 64
_AS_SENT = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION


def decode(data: bytes, size: Size) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 RGB; turning by Exif is left undone, as cameras do not turn.

    Raises:
        ContractMismatch: neither JPEG nor PNG, another size, endless, or damaged.
    """
    found = _png_size(data) if data.startswith(_PNG) else _jpeg_size(data)
    if found is None:
        raise ContractMismatch(
            f"compressed image of {len(data)} bytes has no header of JPEG or PNG; "
            "the camera should publish one of them"
        )
    require_size(found, size)
    _require_few_scans(data)
    pixels = _decoded(data)
    if pixels is None or pixels.shape != (size[1], size[0], 3):
        raise ContractMismatch(
            f"compressed image of {len(data)} bytes cannot be decoded; it should be whole"
        )
    return pixels


def _require_few_scans(data: bytes) -> None:
    """Within pictures of a header, and by chance in tables, there are some, too; in a PNG's packed
    rows as many as chance has it, which cost nothing.
    """
    scans = 0 if data.startswith(_PNG) else data.count(_SCAN)
    if scans > _MOST_SCANS:
        raise ContractMismatch(
            f"compressed image has {scans} scans; it should have {_MOST_SCANS} at most, "
            "and a camera's has one"
        )


def _decoded(data: bytes) -> NDArray[np.uint8] | None:
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), _AS_SENT)
    except cv2.error:
        return None
    return None if pixels is None else np.asarray(pixels, np.uint8)


def _png_size(data: bytes) -> Size | None:
    """As its first chunk says."""
    if len(data) < 24 or data[12:16] != b"IHDR":
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _jpeg_size(data: bytes) -> Size | None:
    """As its frame header says, which follows any number of other segments."""
    if not data.startswith(_JPEG):
        return None
    at = len(_JPEG)
    while len(data) >= at + 9 and data[at] == 0xFF:
        if data[at + 1] == 0xFF:  # fills
            at += 1
            continue
        if data[at + 1] in _FRAMES:
            height, width = data[at + 5 : at + 7], data[at + 7 : at + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        at += 2 + max(int.from_bytes(data[at + 2 : at + 4], "big"), 2)
    return None
