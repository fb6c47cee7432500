# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Who says that the arm may move: software stop, deadman, and arming after a stop.

    in: software_stop (std_msgs/Empty), deadman (std_msgs/Bool, true while it is held)
    services: ~/stop, ~/arm (std_srvs/Trigger)

A stop latches: nothing runs until a person calls ``~/arm``. This is software; the hardware e-stop
stays the safety device.
"""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node
from std_msgs.msg import Bool, Empty
from std_srvs.srv import Trigger

from rlco_bridge.episode import ORDERLY, Outcome
from rlco_bridge.watchdog import Watchdog
from rlco_interfaces.action import RunEpisode
from rlco_interfaces.msg import SafetyState
from rlco_ros.qos import COMMAND, SENSOR

_SOFTWARE_STOP = RunEpisode.Result.STOP_SOFTWARE_STOP
_DEADMAN = RunEpisode.Result.STOP_DEADMAN
_UNARMED = Outcome("", "it was not armed yet")


class Interlock:
    """Whether episodes may run.

    Args:
        node: whose services these are.
        auto_arm: armed from the beginning, and again after a fault.
        deadman: of silence on the topic deadman; None where nobody is asked to hold it.
        fault: why the robot itself may not move; that latches, too.
        stop: called with the outcome of a stop; whatever runs is to end with it.
        tell: called with what is latched, or in the way of arming for the first time.
        ready: called when it was armed.
    """

    def __init__(
        self,
        node: Node,
        *,
        auto_arm: bool,
        deadman: Watchdog | None,
        fault: Callable[[], Outcome | None],
        stop: Callable[[Outcome], None],
        tell: Callable[[Outcome], None],
        ready: Callable[[], None],
    ) -> None:
        self._node, self._auto_arm, self._deadman = node, auto_arm, deadman
        self._fault = fault
        self._stop, self._tell, self._ready = stop, tell, ready
        self._latched: Outcome | None = None if auto_arm else _UNARMED
        self._told = ""
        self._held = False
        node.create_service(Trigger, "~/stop", self._on_stop)
        node.create_service(Trigger, "~/arm", self._on_arm)
        # Twice, as publishers of one quality are not heard by subscribers of the other.
        for quality in (COMMAND, SENSOR):
            node.create_subscription(Empty, "software_stop", self._on_stop_topic, quality)
        if deadman is not None:
            node.create_subscription(Bool, "deadman", self._on_deadman, SENSOR)

    @property
    def armed(self) -> bool:
        """Whether nothing is latched."""
        return self._latched is None

    def mode_after(self, outcome: Outcome) -> int:
        """The mode of ``SafetyState`` once an episode has ended so."""
        if outcome.stop_reason in ORDERLY:
            return int(SafetyState.IDLE)
        return int(SafetyState.HOLDING if self.armed else SafetyState.STOPPED)

    @property
    def problem(self) -> str:
        """Why no episode may run, as one line; empty if it may."""
        if self._latched is None:
            return self._released()
        service = f"{self._node.get_fully_qualified_name()}/arm"
        return f"the arm may not move: {self._latched}; call {service}"

    def begin(self) -> None:
        """The node is active: says whether it is armed."""
        self._told = ""
        if self._latched is None:
            self._ready()
        else:
            self._tell(self._latched)

    def ended(self, outcome: Outcome) -> None:
        """An episode ended; a fault latches, unless it is to be armed again by itself. Stops by
        people have latched before.
        """
        if not (outcome.stop_reason in ORDERLY or self._auto_arm):
            self._latched = outcome

    def watch(self, running: bool) -> None:
        """Ends what runs while nobody holds the deadman, or the robot may not move; to be called
        now and then.
        """
        fault = self._fault()
        if fault is not None and (running or self.armed):
            self._latch(fault)
        elif running and (released := self._released()):
            self._latch(Outcome(_DEADMAN, released))
        elif self._latched is _UNARMED:
            self._foretell(fault or _UNARMED)

    def _foretell(self, outcome: Outcome) -> None:
        """Before the first arming people look what the robot says; later, what latched stays in
        sight.
        """
        if outcome.stop_reason != self._told:
            self._told = outcome.stop_reason
            self._tell(outcome)

    def _released(self) -> str:
        """Why the deadman does not count as held."""
        if self._deadman is None:
            return ""
        topic = self._node.resolve_topic_name("deadman")
        if self._deadman.expired:
            return f"nothing on {topic} for more than {self._deadman.timeout:g} s"
        return "" if self._held else f"{topic} is not held"

    def _latch(self, outcome: Outcome) -> None:
        self._latched = outcome
        self._stop(outcome)

    def _on_stop(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._latch(Outcome(_SOFTWARE_STOP, "the service stop was called"))
        response.success, response.message = True, "stopped; call arm to go on"
        return response

    def _on_stop_topic(self, message: Empty) -> None:
        topic = self._node.resolve_topic_name("software_stop")
        stop = Outcome(_SOFTWARE_STOP, f"a message on {topic}")
        if stop != self._latched:
            self._latch(stop)

    def _on_arm(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        fault = self._fault()
        problem = str(fault) if fault else self._released()
        if problem:
            response.message = f"not armed: {problem}"
            return response
        self._latched = None
        self._ready()
        response.success, response.message = True, "armed"
        return response

    def _on_deadman(self, message: Bool) -> None:
        assert self._deadman is not None
        self._deadman.feed()
        self._held = message.data
