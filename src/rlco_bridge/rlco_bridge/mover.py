# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Commands, one per control period, as motion that a controller can be sent ahead of time.

What is sent always ends at rest, by a stop that was checked: a controller that hears no more of a
bridge that died brings the arm to rest by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics
from rlco_core.profiles import JointState
from rlco_core.robot import RobotConfig
from rlco_core.setpoints import SetpointStream
from rlco_core.types import ACCEPTED, Verdict

_NS = 1_000_000_000


@dataclass(frozen=True)
class Course:
    """What joints do from ``stamp_ns`` on.

    Attributes:
        stamp_ns: ROS time at which it begins.
        period_ns: from one state to the next; the first is one period after the stamp.
        states: at least one; the last is at rest.
    """

    stamp_ns: int
    period_ns: int
    states: tuple[JointState, ...]


class Mover:
    """The motion of one arm, in the caller's time.

    Args:
        robot: the arm.
        dt: s from command to command.
        rate: set-points per second.

    Attributes:
        held: what held a set-point back since the command before the last; accepted if nothing.
    """

    def __init__(self, robot: RobotConfig, dt: float, rate: float) -> None:
        self._stream = SetpointStream(robot, Kinematics(robot), 1.0 / rate)
        self._most_lag, self._dt, self._period_ns = robot.limits.lag, dt, round(_NS / rate)
        self._at_ns, self.held = 0, ACCEPTED

    def begin(self, joints: NDArray[np.float64], now_ns: int) -> Verdict:
        """The arm stands at ``joints`` (n,) rad; refused where it may not be."""
        self._at_ns = now_ns
        return self._stream.reset(joints)

    def follow(self, joints: NDArray[np.float64], now_ns: int) -> tuple[Verdict, Course]:
        """The command of the period that begins now, and the motion to send."""
        self._pass_time(now_ns)
        verdict = self._stream.follow(joints, self._dt)
        return (verdict if not verdict.accepted else self._behind()), self._motion()

    def halt(self, now_ns: int) -> Course:
        """To rest, from where it is now."""
        self._pass_time(now_ns)
        self._stream.brake()
        return self._motion()

    def _behind(self) -> Verdict:
        """Whether the arm is so far behind its commands that these mean nothing any more."""
        if self._stream.lag <= self._most_lag:
            return ACCEPTED
        why = self._stream.verdict
        return Verdict(
            False,
            why.limit or "lag",
            f"a joint is {self._stream.lag:.2f} rad behind its command, "
            f"{self._most_lag:g} allowed; {why.reason or 'it cannot move so fast'}",
        )

    def _pass_time(self, now_ns: int) -> None:
        """Gives the set-points that were due by now; a clock that went back begins anew."""
        self.held = ACCEPTED
        self._at_ns = min(self._at_ns, now_ns)
        due = (now_ns - self._at_ns + self._period_ns // 2) // self._period_ns
        for _ in range(due):
            if self._stream.resting and self._stream.lag == 0.0:
                self._at_ns = now_ns
                return
            self._stream.advance()
            if not self._stream.verdict.accepted:
                self.held = self._stream.verdict
            self._at_ns += self._period_ns

    def _motion(self) -> Course:
        states = self._stream.ahead() or [self._stream.state]
        return Course(self._at_ns, self._period_ns, tuple(states))
