# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A gripper on digital outputs of a UR controller: open or closed, with hysteresis."""

from __future__ import annotations

from rclpy.node import Node

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
        self.name: str = self._client.srv_name

    def begin(self) -> None:
        """See ``Gripper``."""
        self._debounce.forget()
        self._closed = None

    def command(self, stamp_ns: int, opening: float) -> None:
        """See ``Gripper``."""
        wanted = self._wanted(opening)
        if wanted is not None and self._debounce.due(0.0 if wanted else 1.0) is not None:
            self._closed = wanted
            for pin, high in zip(self._pins, (wanted, not wanted), strict=False):
                request = self._type.Request(fun=1, pin=pin, state=1.0 if high else 0.0)
                answer = self._client.call_async(request)
            answer.add_done_callback(lambda _: self._debounce.answered())

    def other_owner(self) -> str:
        """See ``Gripper``; a server does not tell who its clients are."""
        return ""

    def problem(self) -> str:
        """See ``Gripper``."""
        return "" if self._client.service_is_ready() else f"no server of service {self.name}"

    def overdue(self) -> str:
        """See ``Gripper``."""
        late = self._debounce.waited
        return f"{self.name} did not answer within {self._patience:g} s" if late else ""

    def _wanted(self, opening: float) -> bool | None:
        """Whether it is to be closed; None between the thresholds, once it was either."""
        if _CLOSES < opening < _OPENS and self._closed is not None:
            return None
        return opening <= 0.5
