# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Whether controller_manager says that a controller is active."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from rclpy.task import Future

from rlco_bridge.watchdog import Watchdog
from rlco_core.errors import ConfigError
from rlco_ros.optional import interface

#: s without an answer after which nothing is known any more.
_SILENCE = 3.0
#: s between two questions.
_PERIOD = 0.2


class Activity:
    """Asks controller_manager/list_controllers now and then.

    Args:
        node: whose client this is.
        controller: whose state is asked for; empty: nobody is asked.

    Attributes:
        bereft: whether no controller at all is active.
    """

    def __init__(self, node: Node, controller: str) -> None:
        self._controller, self._state, self.bereft = controller, "", False
        self._client: Any = None
        self._asked, self._heard = Watchdog(_PERIOD), Watchdog(_SILENCE)
        if controller:
            self._connect(node)

    def _connect(self, node: Node) -> None:
        try:
            kind = interface(
                "controller_manager_msgs", "srv", "ListControllers", "asking for controllers"
            )
        except ConfigError as error:
            node.get_logger().warning(f"{error}; whether controllers are active is not checked")
            return
        self._request = kind.Request()
        self._client = node.create_client(kind, "controller_manager/list_controllers")

    def ask(self) -> None:
        """To be called now and then."""
        if self._client is not None and self._asked.expired and self._client.service_is_ready():
            self._asked.feed()
            self._client.call_async(self._request).add_done_callback(self._on_answer)

    def problem(self) -> str:
        """Why the controller cannot move the arm, as one line; empty if it can."""
        if self._client is None:
            return ""
        if self._heard.expired:
            return f"{self._client.srv_name} does not answer; is the robot's driver running?"
        if self._state == "active":
            return ""
        state = self._state or "not asked for yet"
        return f"{self._controller} is {state}, it should be active; activate it, then arm"

    def _on_answer(self, answer: Future) -> None:
        response = answer.result()
        if response is not None:
            self._heard.feed()
            states = {one.name: one.state for one in response.controller}
            self._state = states.get(self._controller, "not loaded")
            self.bereft = "active" not in states.values()
