# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A gripper on digital outputs of a UR controller: open or closed, with hysteresis."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.task import Future

from rlco_bridge.driver import GripperDriver
from rlco_bridge.grippers.debounce import Debounce
from rlco_core.errors import ConfigError
from rlco_ros.optional import interface

#: Openings below and above which it closes and opens.
_CLOSES, _OPENS = 0.4, 0.6


class DigitalOutputGripper:
    """Calls ur_msgs/SetIO.

    Raises:
        ConfigError: ur_msgs is not installed, or the driver names no pins.
    """

    def __init__(self, node: Node, driver: GripperDriver) -> None:
        if not driver.pins:
            raise ConfigError("gripper digital_output needs pins; for example pins: [16, 17]")
        self._type = interface("ur_msgs", "srv", "SetIO", "digital_output")
        self._pins, self._patience = driver.pins, driver.patience
        self._client = node.create_client(self._type, driver.name)
        self._debounce = Debounce(driver.patience)
        self._closed: bool | None = None
        self._number, self._left = 0, set[int]()
        self.name: str = self._client.srv_name

    def begin(self) -> None:
        """See ``Gripper``."""
        self._debounce.forget()
        self._closed = None

    def command(self, stamp_ns: int, opening: float) -> None:
        """See ``Gripper``."""
        wanted = self._wanted(opening)
        if self._debounce.due(0.0 if wanted else 1.0) is not None:
            self._closed, self._number = wanted, self._number + 1
            self._left = set(self._pins)
            for pin, high in zip(self._pins, (wanted, not wanted), strict=False):
                self._set(pin, high, self._number)

    def measure(self, stamp_ns: int, opening: float) -> None:
        """See ``Gripper``; nobody measures it."""

    def other_owner(self) -> str:
        """See ``Gripper``; a server does not tell who its clients are."""
        return ""

    def problem(self) -> str:
        """See ``Gripper``."""
        return "" if self._client.service_is_ready() else f"no server of service {self.name}"

    def overdue(self) -> str:
        """See ``Gripper``."""
        if self._debounce.waited:
            return f"{self.name} did not answer within {self._patience:g} s"
        return self._debounce.failure

    def _wanted(self, opening: float) -> bool:
        """Whether it is to be closed; between the thresholds, once it was either, as it was."""
        if _CLOSES < opening < _OPENS and self._closed is not None:
            return self._closed
        return opening <= 0.5

    def _set(self, pin: int, high: bool, number: int) -> None:
        request = self._type.Request(fun=1, pin=pin, state=1.0 if high else 0.0)
        answer = self._client.call_async(request)
        answer.add_done_callback(lambda answer: self._on_set(answer, pin, number))

    def _on_set(self, answer: Future, pin: int, number: int) -> None:
        """All outputs are to be set; answers to calls that others followed count no more."""
        if number != self._number:
            return
        if not answer.result().success:
            self._number += 1
            self._debounce.failed(f"{self.name} did not set output {pin}")
            return
        self._left.discard(pin)
        if not self._left:
            self._debounce.answered()
