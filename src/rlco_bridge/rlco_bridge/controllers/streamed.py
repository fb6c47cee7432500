# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Controllers that are told set-points one by one, whatever their messages are."""

from __future__ import annotations

from functools import partial

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from numpy.typing import NDArray
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from rlco_bridge import convert
from rlco_bridge.controllers.ownership import other_publisher
from rlco_bridge.controllers.setpoint_messages import setpoint_messages
from rlco_bridge.course import Course
from rlco_bridge.streamer import Streamer
from rlco_bridge.streaming.player import Setpoint
from rlco_bridge.streaming.spec import StreamSpec
from rlco_core.errors import ConfigError
from rlco_ros.qos import COMMAND

_DIAGNOSE_PERIOD = 1.0
#: s between two looks at a process whose last message moves an arm on and on, and the longest
#: silence of it.
_LOOK_PERIOD, _SILENT = 0.05, 0.5


class StreamedController:
    """In real time a process of its own says set-points, and ``/diagnostics`` says how late.

    Only where the last message moves an arm on and on, there is a second publisher, for when that
    process dies, or hangs and is killed: other controllers obey nobody while there are two.

    Args:
        node: of the bridge.
        spec: of the process.
        lockstep: no process then: it is told where to be.
    """

    def __init__(self, node: Node, spec: StreamSpec, lockstep: bool) -> None:
        self.name, self._node, self._spec, self._lockstep = spec.topic, node, spec, lockstep
        self._messages = setpoint_messages(spec.kind, spec.robot, spec.joints, spec.base_frame)
        self._joints = np.array(spec.robot.home)
        if lockstep or self._messages.persists:
            self._publisher = node.create_publisher(self._messages.type, spec.topic, COMMAND)
        if not lockstep:
            self._streamer = Streamer(spec, self._mourn)
            self._diagnostics = node.create_publisher(DiagnosticArray, "/diagnostics", COMMAND)
            steady = Clock(clock_type=ClockType.STEADY_TIME)
            node.create_timer(_DIAGNOSE_PERIOD, self._diagnose, clock=steady)
            if self._messages.persists:
                look = partial(self._streamer.kill_if_silent, _SILENT)
                node.create_timer(_LOOK_PERIOD, look, clock=steady)

    def follow(self, course: Course) -> None:
        """See ``ArmController``."""
        self._joints = course.states[-1].joints
        self._streamer.follow(course, self._now())
        if self._streamer.ended:
            self._rest()

    def step(self, stamp_ns: int, joints: NDArray[np.float64], seconds: float) -> None:
        """See ``ArmController``.

        Raises:
            ConfigError: such a controller cannot be told where to be.
        """
        if not self._messages.lockstep:
            raise ConfigError(self._no_lockstep())
        setpoint = Setpoint(stamp_ns, joints, np.zeros_like(joints))
        self._publisher.publish(self._messages.make(setpoint))

    def problem(self) -> str:
        """See ``ArmController``."""
        if self._lockstep and not self._messages.lockstep:
            return self._no_lockstep()
        problem = "" if self._lockstep else self._streamer.problem()
        return problem or self._silent()

    def other_owner(self) -> str:
        """See ``ArmController``; the process that publishes for us is nobody else."""
        return other_publisher(self._node, self.name, self._spec.name)

    def close(self) -> None:
        """The arm comes to rest, and nothing is said any more."""
        if not self._lockstep:
            self._streamer.close()

    def _no_lockstep(self) -> str:
        return (
            f"a controller of kind {self._spec.kind} cannot be used in lock-step: it is not told "
            "where joints are to be; use another kind, or real time"
        )

    def _silent(self) -> str:
        if self._lockstep:
            listeners = self._node.count_subscribers(self.name)
        else:
            listeners = int(self._streamer.figures()["listeners"])
        if listeners:
            return ""
        return f"nobody listens to {self.name}; is the controller loaded, and the name right?"

    def _mourn(self) -> None:
        """The process that says set-points has died."""
        self._node.get_logger().error(self._streamer.problem())
        self._rest()

    def _rest(self) -> None:
        """Where what was said last would move the arm on, that it is to stand."""
        if self._messages.persists:
            rest = Setpoint(self._now(), self._joints, np.zeros_like(self._joints))
            self._publisher.publish(self._messages.make(rest))

    def _diagnose(self) -> None:
        name = f"{self._node.get_fully_qualified_name()}: set-points"
        about = {name: str(value) for name, value in self._streamer.figures().items()}
        self._diagnostics.publish(convert.diagnostics_message(self._now(), name, None, about))

    def _now(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)
