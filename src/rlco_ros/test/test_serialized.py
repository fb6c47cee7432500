# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Images read off the wire are what rclpy makes of them."""

from __future__ import annotations

import array
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image

from rlco_core.errors import ContractMismatch
from rlco_ros.serialized import read_image

WORDS = st.integers(0, 2**32 - 1)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)


@st.composite
def images(draw: st.DrawFn) -> Image:
    """Any message, sound or not."""
    image = Image(height=draw(WORDS), width=draw(WORDS), encoding=draw(TEXTS), step=draw(WORDS))
    image.header.frame_id = draw(TEXTS)
    image.header.stamp.sec = draw(st.integers(-(2**31), 2**31 - 1))
    image.header.stamp.nanosec = draw(WORDS)
    image.data = array.array("B", draw(st.binary(max_size=30)))
    return image


@given(images())
def test_every_field_is_what_was_sent(image: Image) -> None:
    read = read_image(serialize_message(image))
    assert read.header == image.header
    assert (read.height, read.width, read.step) == (image.height, image.width, image.step)
    assert read.encoding == image.encoding
    assert read.data.tobytes() == image.data.tobytes()


@given(images(), st.data())
def test_what_breaks_off_is_refused_in_one_line(image: Image, data: st.DataObject) -> None:
    image.data = array.array("B", b"pixels")
    whole = serialize_message(image)
    part = whole[: data.draw(st.integers(0, len(whole) - 4))]
    with pytest.raises(ContractMismatch, match=f"image of {len(part)} bytes cannot be read"):
        read_image(part)


@given(st.binary(max_size=80))
def test_noise_never_crashes(noise: bytes) -> None:
    with suppress(ContractMismatch):
        read_image(b"\x00\x01\x00\x00" + noise)


def test_machines_of_the_other_byte_order_are_understood() -> None:
    fields = (1).to_bytes(4, "big") + (2).to_bytes(4, "big") + (1).to_bytes(4, "big") + b"\0"
    fields += bytes(3) + (5).to_bytes(4, "big") + (6).to_bytes(4, "big")
    fields += (5).to_bytes(4, "big") + b"rgb8\0" + b"\0" + bytes(2)
    fields += (18).to_bytes(4, "big") + (3).to_bytes(4, "big") + b"abc"
    read = read_image(b"\x00\x00\x00\x00" + fields)
    assert (read.header.stamp.sec, read.header.stamp.nanosec) == (1, 2)
    assert (read.height, read.width, read.step) == (5, 6, 18)
    assert (read.encoding, read.data.tobytes()) == ("rgb8", b"abc")


def test_other_representations_are_refused() -> None:
    with pytest.raises(ContractMismatch, match="it should be a sensor_msgs/Image in plain CDR"):
        read_image(b"\x00\x06\x00\x00" + bytes(60))
