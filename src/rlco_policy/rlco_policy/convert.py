# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Messages <-> arrays. Messages never get past this module and the node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from numpy.typing import NDArray
from sensor_msgs.msg import Image as ImageMessage
from sensor_msgs.msg import JointState as JointStateMessage

from rlco_core.contract import CameraContract
from rlco_core.errors import ContractMismatch
from rlco_core.joint_states import positions_of
from rlco_core.stamps import set_stamp, stamp_to_ns
from rlco_interfaces.msg import Instruction as InstructionMessage
from rlco_interfaces.msg import PolicyState
from rlco_policy.health import Fault
from rlco_policy.measurements import Image, Instruction, JointState

_CHANNELS = {"rgb8": slice(None), "bgr8": slice(None, None, -1)}


def ns_to_stamp(time_ns: int) -> Time:
    """Integer nanoseconds as a time message."""
    return set_stamp(Time(), time_ns)


def image_to_array(message: ImageMessage) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 RGB; a view of the message's data.

    Raises:
        ContractMismatch: another encoding, or less data than the sizes say.
    """
    if message.encoding not in _CHANNELS:
        raise ContractMismatch(
            f"image encoding is '{message.encoding}'; it should be one of {', '.join(_CHANNELS)}"
        )
    height, width, step = message.height, message.width, message.step
    if step < 3 * width or len(message.data) < height * step:
        raise ContractMismatch(
            f"image of {width} x {height} has rows of {step} bytes and {len(message.data)} bytes "
            f"in all; it should have at least {3 * width} and height times as many"
        )
    rows = np.frombuffer(message.data, np.uint8, height * step).reshape(height, step)
    pixels = rows[:, : 3 * width].reshape(height, width, 3)
    return pixels[:, :, _CHANNELS[message.encoding]]


def image_from_message(message: ImageMessage, camera: CameraContract) -> Image:
    """Pixels with their time.

    Raises:
        ContractMismatch: another size or encoding than the camera's, or too little data.
    """
    if (message.width, message.height) != (camera.width, camera.height):
        raise ContractMismatch(
            f"image is {message.width} x {message.height}; "
            f"it should be {camera.width} x {camera.height}"
        )
    return Image(stamp_to_ns(message.header.stamp), image_to_array(message))


def joints_from_message(message: JointStateMessage, names: Sequence[str]) -> JointState:
    """Positions of `names`, in their order, with their time."""
    return JointState(stamp_to_ns(message.header.stamp), positions_of(message, names))


def instruction_from_message(message: InstructionMessage) -> Instruction:
    """What to do, and from when on."""
    return Instruction(stamp_to_ns(message.header.stamp), message.episode, message.text)


def state_to_message(fault: Fault, ages: tuple[float, float], now_ns: int) -> PolicyState:
    """What is wrong now, if anything; ages of image and joints, s."""
    message = PolicyState(reason=fault.reason, detail=fault.detail)
    message.header.stamp = ns_to_stamp(now_ns)
    message.image_age, message.joints_age = ages
    return message


def diagnosis(
    hardware: str, problem: str, message: str, values: Mapping[str, str]
) -> DiagnosticStatus:
    """A line of /diagnostics: an error where there is a problem, else what the node does."""
    level = DiagnosticStatus.ERROR if problem else DiagnosticStatus.OK
    status = DiagnosticStatus(level=level, message=problem or message, hardware_id=hardware)
    status.values = [KeyValue(key=key, value=value) for key, value in values.items()]
    return status
