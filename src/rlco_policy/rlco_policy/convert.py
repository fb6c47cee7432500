# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Messages <-> arrays. Messages never get past this module and the node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image as ImageMessage
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import Header

from rlco_core.errors import ContractMismatch
from rlco_core.joint_states import positions_of
from rlco_core.stamps import NS_PER_S, set_stamp, stamp_to_ns
from rlco_interfaces.msg import Instruction as InstructionMessage
from rlco_interfaces.msg import PolicyState
from rlco_policy.coded import decode
from rlco_policy.health import Fault
from rlco_policy.measurements import Image, Instruction, JointState
from rlco_policy.pixels import Size, require_size, to_rgb
from rlco_ros.serialized import SerializedImage


def ns_to_stamp(time_ns: int) -> Time:
    """Integer nanoseconds as a time message."""
    return set_stamp(Time(), time_ns)


def measured_ns(header: Header) -> int:
    """Time of a measurement.

    Raises:
        ContractMismatch: it is no time; nothing that answers it could be stamped.
    """
    if header.stamp.nanosec >= NS_PER_S:
        raise ContractMismatch(
            f"stamp has {header.stamp.nanosec} nanoseconds; they should be below {NS_PER_S}"
        )
    return stamp_to_ns(header.stamp)


def image_to_array(message: ImageMessage | SerializedImage) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 RGB; a view of the message's data where that is RGB.

    Raises:
        ContractMismatch: an unknown encoding, or less data than the sizes say.
    """
    return to_rgb(message.data, message.encoding, (message.width, message.height), message.step)


def image_from_message(message: ImageMessage | SerializedImage, size: Size) -> Image:
    """Pixels with their time, see `image_to_array`.

    Raises:
        ContractMismatch: another size than the camera's, an unknown encoding, or too little data.
    """
    require_size((message.width, message.height), size)
    return Image(measured_ns(message.header), image_to_array(message))


def image_from_compressed(message: CompressedImage, size: Size) -> Image:
    """Decoded pixels with their time.

    Raises:
        ContractMismatch: another size than the camera's, neither JPEG nor PNG, or damaged.
    """
    return Image(measured_ns(message.header), decode(message.data.tobytes(), size))


def joints_from_message(message: JointStateMessage, names: Sequence[str]) -> JointState:
    """Positions of `names`, in their order, with their time.

    Raises:
        ConfigError: a joint is missing or its position is not finite.
        ContractMismatch: the time is none.
    """
    return JointState(measured_ns(message.header), positions_of(message, names))


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
