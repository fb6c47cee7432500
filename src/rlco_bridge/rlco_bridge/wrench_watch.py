# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Force and torque on the tool: what the arm presses against, or who leans on it.

Sensors are not zero by themselves: payload, offset and drift stay in what they tell. So what is
measured in the first moment of an episode, while the arm stands, counts as nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from geometry_msgs.msg import WrenchStamped
from numpy.typing import NDArray
from rclpy.node import Node

from rlco_bridge.episode import Outcome
from rlco_bridge.watchdog import Watchdog
from rlco_core.stamps import stamp_to_ns
from rlco_interfaces.action import RunEpisode
from rlco_ros.qos import SENSOR

Vector = NDArray[np.float64]

_Result = RunEpisode.Result
#: Longest silence, s: as long as limits may be exceeded. Supervisors wait less long for their
#: robot, and know better why all of its driver is silent.
_SILENCE = 0.5
#: s for which the zero is measured, and the share of the limits that it may be.
_ZEROING, _ZERO_SHARE = 0.1, 0.5
#: ns that limits have to be exceeded without a break. Stiff arms hit harder than this for a moment
#: where a drawer or a cube comes to its stop; what is jammed, or leaned on, stays so. Counted in
#: stamps, as simulated contacts last longer where time passes slower.
_LASTING_NS = 500_000_000
_QUANTITIES = (("force", "N"), ("torque", "N m"))


class WrenchWatch:
    """Compares what acts on the tool with its limits, from ``begin`` on.

    Args:
        node, topic: whose subscription this is, and of what.
        force, torque: the most that may act beyond the zero, N and N m.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        node: Node,
        topic: str,
        force: float,
        torque: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._topic, self._most = node.resolve_topic_name(topic), np.array([force, torque])
        self._heard, self._begun = Watchdog(_SILENCE, clock), Watchdog(_ZEROING, clock)
        self._stamp_ns: int | None = None
        self._foul = ""
        self.begin(0)
        node.create_subscription(WrenchStamped, topic, self._on_wrench, SENSOR)

    def begin(self, start_ns: int) -> None:
        """An episode begins at ``start_ns``; the arm stands until this is ``ready``."""
        self._start_ns = start_ns
        self._zero: Vector | None = None
        self._standing: list[Vector] = []
        self._beyond_ns: int | None = None
        self._found: Outcome | None = None
        self._begun.feed()

    @property
    def ready(self) -> bool:
        """Whether the zero is known, and nothing was found."""
        return self._zero is not None and self._found is None

    def fault(self) -> Outcome | None:
        """Why the arm may not move, episode or not; None if it may."""
        if self._stamp_ns is None:
            return _silent(
                f"nothing was heard on {self._topic} yet; activate its broadcaster, "
                "or leave wrench out of the driver's file"
            )
        if self._heard.expired:
            return _silent(
                f"nothing on {self._topic} for {self._heard.silence:.1f} s; "
                "see that driver and broadcaster run, then arm the bridge"
            )
        return Outcome(_Result.STOP_WRENCH_INVALID, self._foul) if self._foul else None

    def trouble(self) -> Outcome | None:
        """What ends the episode; the first that was found."""
        if self._found is None and self._zero is None and self._begun.silence > _SILENCE:
            return _silent(
                f"nothing on {self._topic} was measured since the episode began; "
                "its stamps should be of the clock that joint states are stamped by"
            )
        return self._found

    def take(self, stamp_ns: int, wrench: Vector) -> None:
        """What acts on the tool was measured at ``stamp_ns``; a stamp that stands still is silence.

        Args:
            wrench: (2, 3) N and N m.
        """
        if stamp_ns != self._stamp_ns:
            self._stamp_ns = stamp_ns
            self._heard.feed()
        self._foul = "" if np.isfinite(wrench).all() else self._described(wrench)
        if self._foul:
            self._find(_Result.STOP_WRENCH_INVALID, self._foul)
        elif self._zero is not None:
            self._judge(stamp_ns, wrench - self._zero)
        elif stamp_ns >= self._start_ns:
            self._stand(wrench)

    def _stand(self, wrench: Vector) -> None:
        """Measured while the arm stands; enough of that is the zero."""
        self._standing.append(wrench)
        if not self._begun.expired:
            return
        zero = np.mean(self._standing, axis=0)
        if beyond := _beyond(zero, _ZERO_SHARE * self._most):
            self._find(
                _Result.STOP_REFUSED,
                f"{beyond} while the arm stands; take away what touches it, "
                "tell the robot its payload and zero the sensor",
            )
        else:
            self._zero = zero

    def _judge(self, stamp_ns: int, wrench: Vector) -> None:
        beyond = _beyond(wrench, self._most)
        if not beyond:
            self._beyond_ns = None
            return
        self._beyond_ns = min(self._beyond_ns or stamp_ns, stamp_ns)
        if stamp_ns - self._beyond_ns >= _LASTING_NS:
            self._find(
                _Result.STOP_FORCE_EXCEEDED,
                f"{beyond}; look what it touches and clear the way, then arm the bridge",
            )

    def _find(self, stop_reason: str, detail: str) -> None:
        self._found = self._found or Outcome(stop_reason, detail)

    def _described(self, wrench: Vector) -> str:
        force, torque = (part.tolist() for part in wrench)
        return f"{self._topic} tells force {force} and torque {torque}; all should be finite"

    def _on_wrench(self, message: WrenchStamped) -> None:
        parts = (message.wrench.force, message.wrench.torque)
        wrench = np.array([[part.x, part.y, part.z] for part in parts])
        self.take(stamp_to_ns(message.header.stamp), wrench)


def _silent(detail: str) -> Outcome:
    return Outcome(_Result.STOP_WRENCH_SILENT, detail)


def _beyond(wrench: Vector, most: Vector) -> str:
    """Which of force and torque is more than ``most`` (2,), as one line; empty if none is."""
    values = np.linalg.norm(wrench, axis=1)
    for (what, unit), value, limit in zip(_QUANTITIES, values, most, strict=True):
        if value > limit:
            return f"a {what} of {value:.1f} {unit} acts on the tool, {limit:g} allowed"
    return ""
