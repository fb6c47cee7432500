# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Waits for a topic's first message from inside a callback, where nothing else may spin."""

from __future__ import annotations

import time
from typing import Any, TypeVar

from rclpy.node import Node
from rclpy.qos import QoSProfile

Message = TypeVar("Message")
_LOOK_S = 0.005


def first_message(
    node: Node, kind: type[Message], topic: str, qos: QoSProfile, timeout: float
) -> Message | None:
    """The first message on ``topic`` within ``timeout`` s; None where there is none by then.

    `rclpy.wait_for_message` hands the signal handler a guard condition and frees it at once when
    a signal ends the wait, which crashes the process now and then; this looks instead of waiting.

    Raises:
        KeyboardInterrupt: the node's context was shut down, as a signal does.
    """
    deadline = time.monotonic() + timeout
    subscription = node.create_subscription(kind, topic, lambda message: None, qos)
    try:
        while node.context.ok():
            taken: Any = subscription.handle.take_message(kind, False)
            if taken is not None:
                message: Message = taken[0]
                return message
            if time.monotonic() > deadline:
                return None
            time.sleep(_LOOK_S)
    finally:
        node.destroy_subscription(subscription)
    raise KeyboardInterrupt  # a SIGTERM shuts the context down but raises nothing by itself
