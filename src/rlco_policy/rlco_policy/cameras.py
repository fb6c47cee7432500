# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The policy node's ends of its cameras: what they say they are, and their images."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from rclpy.guard_condition import GuardCondition
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage
from sensor_msgs.msg import Image as ImageMessage

from rlco_core.errors import ConfigError, ContractMismatch, choices
from rlco_policy.convert import image_from_compressed, image_from_message
from rlco_policy.decoder import Decoded, Decoder
from rlco_policy.measurements import Image
from rlco_policy.pixels import Size
from rlco_ros.first_message import first_message
from rlco_ros.qos import SENSOR
from rlco_ros.serialized import read_image

#: Names of image_transport, and what follows `image_raw` in the names of their topics.
TRANSPORTS = {"raw": "", "compressed": "/compressed"}


class Heard(Protocol):
    """What is called for every frame."""

    def __call__(self, camera: str, message: Any, image: Callable[[], Image]) -> None:
        """The camera, its message, and what makes an image of it or raises an `RlcoError`."""


class Cameras:
    """Listens to cameras between `open` and `close`.

    Raw pixels stay where they came, or are turned from one order into another, which takes less
    than a way to a thread and back. Compressed ones are decoded in a thread for each camera.

    Args:
        node: that listens.
        names: of the cameras, the first part of the names of their topics.
        transport: one of `TRANSPORTS`.
        qos: of the images.
        heard: takes frames, in the thread that spins the node.

    Attributes:
        topics: camera -> full name of the topic of its images.

    Raises:
        ConfigError: the transport is unknown.
    """

    def __init__(
        self, node: Node, names: Sequence[str], transport: str, qos: QoSProfile, heard: Heard
    ) -> None:
        if transport not in TRANSPORTS:
            raise ConfigError(
                f"image_transport '{transport}' is unknown; it should be {choices(TRANSPORTS)}"
            )
        self._node, self._qos, self._heard = node, qos, heard
        resolved = {name: node.resolve_topic_name(f"{name}/image_raw") for name in names}
        # What follows is not part of the name that is remapped, as image_transport has it.
        self.topics = {name: topic + TRANSPORTS[transport] for name, topic in resolved.items()}
        self._compressed = transport == "compressed"
        self._sizes: dict[str, Size] = {}
        self._frames = dict.fromkeys(names, 0)
        self._subscriptions: list[Any] = []
        self._decoders: dict[str, Decoder[CompressedImage]] = {}
        self._decoded: GuardCondition | None = None

    def announced(self, timeout_s: float) -> Mapping[str, Size]:
        """Width and height of every camera by its name, px, as its camera_info says.

        Raises:
            ContractMismatch: one has none within `timeout_s` of all.
        """
        deadline = time.monotonic() + timeout_s
        for name in self.topics:
            remaining = max(deadline - time.monotonic(), 0.0)
            self._sizes[name] = self._size(name, remaining, timeout_s)
        return self._sizes

    def open(self) -> None:
        """Starts to listen to cameras that were announced."""
        self._decoded = self._node.create_guard_condition(self._hand_on)
        for name, topic in self.topics.items():
            kind, callback = (
                (CompressedImage, self._decoder(name).put)
                if self._compressed
                else (ImageMessage, partial(self._on_raw, name))
            )
            subscription = self._node.create_subscription(
                kind, topic, callback, self._qos, raw=not self._compressed
            )
            self._subscriptions.append(subscription)

    def close(self) -> None:
        """Stops to listen; threads have ended."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        for decoder in self._decoders.values():
            decoder.close()
        if self._decoded is not None:
            self._node.destroy_guard_condition(self._decoded)
        self._subscriptions, self._decoders, self._decoded = [], {}, None

    def figures(self) -> dict[str, str]:
        """Frames that were handed on, and those that a newer one replaced before."""
        figures = {f"{name}_frames": str(count) for name, count in self._frames.items()}
        for name, decoder in self._decoders.items():
            figures[f"{name}_replaced"] = str(decoder.replaced)
        return figures

    def _decoder(self, name: str) -> Decoder[CompressedImage]:
        assert self._decoded is not None
        decode = partial(image_from_compressed, size=self._sizes[name])
        self._decoders[name] = Decoder(decode, self._decoded.trigger)
        return self._decoders[name]

    def _on_raw(self, name: str, serialized: bytes) -> None:
        self._frames[name] += 1
        try:
            message = read_image(serialized)
        except ContractMismatch as error:
            self._heard(name, ImageMessage(), Decoded(serialized, error).image)
            return
        self._heard(name, message, partial(image_from_message, message, self._sizes[name]))

    def _hand_on(self) -> None:
        """Hands on what was decoded meanwhile."""
        for name, decoder in self._decoders.items():
            for decoded in decoder.take():
                self._frames[name] += 1
                self._heard(name, decoded.frame, decoded.image)

    def _size(self, name: str, remaining_s: float, timeout_s: float) -> Size:
        topic = self._node.resolve_topic_name(f"{name}/camera_info")
        info = first_message(self._node, CameraInfo, topic, SENSOR, remaining_s)
        if info is None:
            raise ContractMismatch(
                f"camera '{name}': no camera_info on {topic} within {timeout_s:g} s; "
                f"{self._camera_info_topics()}"
            )
        return info.width, info.height

    def _camera_info_topics(self) -> str:
        published = [
            name
            for name, types in self._node.get_topic_names_and_types()
            if "sensor_msgs/msg/CameraInfo" in types and self._node.count_publishers(name)
        ]
        return f"topics that do exist: {', '.join(published) or 'none'}"
