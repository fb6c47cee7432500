# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Franka: robot mode, and the silence of its driver.

After a reflex the driver's controllers are gone, and the broadcaster of its state with them: it
falls silent. Activating a controller may clear the error with nobody asking, so the bridge
activates none.
"""

from __future__ import annotations

from typing import Any

from rclpy.node import Node

from rlco_bridge.episode import Outcome
from rlco_bridge.watchdog import Watchdog
from rlco_interfaces.action import RunEpisode
from rlco_ros.optional import interface
from rlco_ros.qos import SENSOR

_Result = RunEpisode.Result
_RECOVER = (
    "look why, clear the way, then call action error_recovery, activate the hardware component "
    "and the controller, and arm the bridge"
)
#: Stop reason, name and what to do, by robot mode (franka_msgs/FrankaRobotState).
_STOPS = {
    0: (_Result.STOP_ROBOT_FAULT, "robot mode other", "see its Desk"),
    3: (_Result.STOP_USER_STOP, "guiding: somebody moves it by hand", "let it go, then arm"),
    4: (_Result.STOP_REFLEX, "reflex", _RECOVER),
    5: (_Result.STOP_USER_STOP, "user stop", "release it, then arm the bridge"),
    6: (_Result.STOP_REFLEX, "automatic error recovery", "wait until it is done, then arm"),
}
#: Longest silence of the state, s; it comes 1000 times per second.
_SILENCE = 0.25


class FrankaSupervisor:
    """Reads franka_robot_state_broadcaster/robot_state.

    Raises:
        ConfigError: franka_msgs is not installed.
    """

    speed = 1.0

    def __init__(self, node: Node) -> None:
        state = interface(
            "franka_msgs", "msg", "FrankaRobotState", "the supervisor of Franka's driver"
        )
        topic = "franka_robot_state_broadcaster/robot_state"
        self._mode: int | None = None
        self._heard = Watchdog(_SILENCE)
        self._topic = node.resolve_topic_name(topic)
        node.create_subscription(state, topic, self._on_state, SENSOR)

    def fault(self) -> Outcome | None:
        """See ``Supervisor``."""
        if self._mode is None:
            return Outcome(_Result.STOP_ROBOT_FAULT, f"nothing was heard on {self._topic} yet")
        if self._mode in _STOPS:
            reason, what, advice = _STOPS[self._mode]
            return Outcome(reason, f"{what}; {advice}")
        if self._heard.expired:
            return Outcome(
                _Result.STOP_DRIVER_SILENT,
                f"nothing on {self._topic} for {self._heard.silence:.1f} s: a reflex, or the "
                f"driver is down; {_RECOVER}",
            )
        return None

    def bereft(self) -> Outcome | None:
        """See ``Supervisor``."""
        what = "all its controllers are down, as after a reflex or a stop at the arm"
        return Outcome(_Result.STOP_REFLEX, f"{what}; {_RECOVER}")

    def _on_state(self, message: Any) -> None:
        self._mode = message.robot_mode
        self._heard.feed()
