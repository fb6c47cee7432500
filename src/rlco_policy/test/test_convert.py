# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Messages to arrays and back, value for value."""

from __future__ import annotations

import array

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image as ImageMessage
from sensor_msgs.msg import JointState as JointStateMessage

from rlco_core.errors import ConfigError, ContractMismatch
from rlco_interfaces.msg import Instruction as InstructionMessage
from rlco_policy.convert import (
    image_from_compressed,
    image_from_message,
    image_to_array,
    instruction_from_message,
    joints_from_message,
    ns_to_stamp,
    state_to_message,
)
from rlco_policy.health import Fault
from rlco_policy.measurements import Instruction

SIZE = (3, 2)
PIXELS = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


def message_of(pixels: np.ndarray, encoding: str = "rgb8", padding: int = 0) -> ImageMessage:
    """An image message whose rows end with `padding` bytes of 255."""
    height, width = pixels.shape[:2]
    rows = np.pad(pixels.reshape(height, -1), ((0, 0), (0, padding)), constant_values=255)
    message = ImageMessage(height=height, width=width, encoding=encoding, step=rows.shape[1])
    message.data = array.array("B", rows.tobytes())
    message.header.stamp = ns_to_stamp(1_500_000_000)
    return message


def test_image_is_a_view_of_the_message() -> None:
    message = message_of(PIXELS)
    message.data[0] = 77
    pixels = image_to_array(message)
    message.data[0] = 78
    assert pixels[0, 0, 0] == 78


def test_image_with_its_time() -> None:
    image = image_from_message(message_of(PIXELS), SIZE)
    assert image.stamp_ns == 1_500_000_000
    np.testing.assert_array_equal(image.pixels, PIXELS)


def test_an_image_of_another_size_is_refused() -> None:
    with pytest.raises(ContractMismatch, match="image is 2 x 2; it should be 3 x 2"):
        image_from_message(message_of(PIXELS[:, :2]), SIZE)


def test_a_compressed_image_with_its_time() -> None:
    message = CompressedImage(format="rgb8; png compressed bgr8")
    message.data = array.array("B", cv2.imencode(".png", PIXELS[:, :, ::-1])[1].tobytes())
    message.header.stamp = ns_to_stamp(1_500_000_000)
    image = image_from_compressed(message, SIZE)
    assert image.stamp_ns == 1_500_000_000
    np.testing.assert_array_equal(image.pixels, PIXELS)


def test_a_stamp_that_is_no_time_is_refused() -> None:
    message = message_of(PIXELS)
    message.header.stamp.sec, message.header.stamp.nanosec = 2**31 - 1, 2**32 - 1
    with pytest.raises(
        ContractMismatch, match="stamp has 4294967295 nanoseconds; they should be below 1000000000"
    ):
        image_from_message(message, SIZE)


def test_policy_state() -> None:
    message = state_to_message(Fault("skew", "60 ms"), (0.25, float("nan")), 1_500_000_000)
    assert (message.reason, message.detail, message.image_age) == ("skew", "60 ms", 0.25)
    assert np.isnan(message.joints_age)
    assert message.header.stamp == ns_to_stamp(1_500_000_000)


def test_joint_state() -> None:
    message = JointStateMessage(name=["b", "a"], position=[2.0, 1.0])
    message.header.stamp = ns_to_stamp(50_000_000)
    state = joints_from_message(message, ["a", "b"])
    assert state.stamp_ns == 50_000_000
    assert state.positions.tolist() == [1.0, 2.0]
    with pytest.raises(ConfigError, match="no position of c"):
        joints_from_message(message, ["c"])


def test_instruction() -> None:
    message = InstructionMessage(episode=4, text="push")
    message.header.stamp = ns_to_stamp(1)
    assert instruction_from_message(message) == Instruction(1, 4, "push")
