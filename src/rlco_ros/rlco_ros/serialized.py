# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Images as they come over the wire (`sensor_msgs/Image` in CDR), without rclpy's copies of them.

rclpy copies a message twice more to make a Python object of it. Pixels are all but a few bytes of
an image, so they stay where they are, and those few bytes are read here (OMG DDSI-RTPS 10.2, OMG
CORBA 9.3: the representation's identifier, then fields aligned to their sizes from there on).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from std_msgs.msg import Header

from rlco_core.errors import ContractMismatch

#: Identifiers of plain CDR, and the bytes that are before its fields.
_ORDERS = {b"\x00\x00": ">", b"\x00\x01": "<"}
_BEFORE = 4


@dataclass(frozen=True)
class SerializedImage:
    """The fields of `sensor_msgs/Image`; its data is a view of what came."""

    header: Header
    height: int
    width: int
    encoding: str
    step: int
    data: memoryview


def read_image(serialized: bytes) -> SerializedImage:
    """The image that was serialised.

    Raises:
        ContractMismatch: it is none.
    """
    try:
        return _read(_Fields(serialized))
    except (KeyError, struct.error, UnicodeDecodeError) as error:
        raise ContractMismatch(
            f"image of {len(serialized)} bytes cannot be read: {error}; "
            "it should be a sensor_msgs/Image in plain CDR"
        ) from error


def _read(fields: _Fields) -> SerializedImage:
    header = Header()
    header.stamp.sec, header.stamp.nanosec = fields.take("iI")
    header.frame_id = fields.text()
    height, width = fields.take("II")
    encoding = fields.text()
    fields.take("B")  # of values of 8 bits the order of bytes says nothing
    (step,) = fields.take("I")
    return SerializedImage(header, height, width, encoding, step, fields.octets())


class _Fields:
    """Takes one field after the other.

    Raises:
        KeyError, struct.error, UnicodeDecodeError: it cannot.
    """

    def __init__(self, serialized: bytes) -> None:
        self._order = _ORDERS[serialized[:2]]
        self._left = memoryview(serialized)[_BEFORE:]
        self._at = 0

    def take(self, kinds: str) -> tuple[int, ...]:
        """Numbers of one size, by the letters of `struct`."""
        size = struct.calcsize(self._order + kinds[0])
        self._at += -self._at % size
        taken = struct.unpack_from(self._order + kinds, self._left, self._at)
        self._at += size * len(kinds)
        return taken

    def octets(self) -> memoryview:
        """A sequence of bytes."""
        (count,) = self.take("I")
        taken = self._left[self._at : self._at + count]
        if len(taken) < count:
            raise struct.error(f"it has {len(taken)} bytes where it says {count}")
        self._at += count
        return taken

    def text(self) -> str:
        """A string, which ends with a zero."""
        return str(self.octets()[:-1], "utf-8")
