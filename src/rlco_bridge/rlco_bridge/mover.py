# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Commands, one per control period, as motion that a controller can be sent ahead of time.

What is sent always ends at rest, by a stop that was checked: a controller that hears no more of a
bridge that died brings the arm to rest by itself. It begins with what was sent before, from where
the arm is told to be now to a moment later: until that is heard, the controller does the same.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from rlco_bridge.course import Course
from rlco_core.kinematics import Kinematics
from rlco_core.profiles import JointState
from rlco_core.robot import RobotConfig
from rlco_core.setpoints import SetpointStream
from rlco_core.types import ACCEPTED, Verdict

_NS = 1_000_000_000
#: Shares of an arm's acceleration and jerk, which motion leaves, that a change of its speed may
#: take: as a step of acceleration, which lasts for a period of the controller. A seam may take
#: more jerk, but quintics bend it.
_ACCELERATION, _JERK = 0.1, 0.18
#: ns by which what is sent runs ahead of what is new in it: time to be heard, least and most of it
#: where commands are not quite on time, and what an arm at rest begins with.
_LEAST_NS, _MOST_NS, _LEAD_NS = 5_000_000, 20_000_000, 10_000_000


class Mover:
    """The motion of one arm, in the caller's time.

    Args:
        robot: the arm.
        dt: s from command to command.
        rate: set-points per second.

    Attributes:
        rate: set-points per second.
        held: what held a set-point back since the command before the last; accepted if nothing.
    """

    def __init__(self, robot: RobotConfig, dt: float, rate: float) -> None:
        self._stream = SetpointStream(robot, Kinematics(robot), 1.0 / rate)
        limits = robot.limits
        jerk = _JERK * np.array(limits.jerk) / rate
        self._push = np.minimum(_ACCELERATION * np.array(limits.acceleration), jerk)
        self._fastest = 0.0
        self._most_lag, self._dt, self._period_ns = robot.limits.lag, dt, round(_NS / rate)
        self._at_ns, self._motion, self.rate, self.held = 0, 0, rate, ACCEPTED
        self._given: deque[JointState] = deque(maxlen=_MOST_NS // self._period_ns + 2)

    def begin(self, joints: NDArray[np.float64], now_ns: int) -> Verdict:
        """The arm stands at ``joints`` (n,) rad; refused where it may not be."""
        self._motion += 1
        verdict = self._stream.reset(joints)
        self._rest(now_ns)
        return verdict

    def follow(self, joints: NDArray[np.float64], now_ns: int) -> tuple[Verdict, Course]:
        """The command of the period that begins now, and the motion to send."""
        self._pass_time(now_ns, self._stream.left)
        verdict = self._stream.follow(joints, self._dt)
        return (verdict if not verdict.accepted else self._behind()), self._course(now_ns)

    def halt(self, now_ns: int) -> Course:
        """To rest, from where it is now."""
        self._pass_time(now_ns, 0)
        self._stream.brake()
        return self._course(now_ns)

    def go_on(self, now_ns: int) -> Course:
        """What was sent already, from now on."""
        self._pass_time(now_ns, 0)
        return self._course(now_ns)

    def halt_sooner(self, slow: Course, now_ns: int) -> Course:
        """To rest as soon as bounds allow, from where ``slow`` is a moment from now; ``slow``, a
        halt that is played slower than it was planned, where that would leave a limit.
        """
        states = slow.states_at(now_ns, self._period_ns, _LEAST_NS // self._period_ns + 2)
        stop = self._stream.stop_from(states[-1])
        if stop is None:
            return slow
        return Course(now_ns, self._period_ns, (*states, *stop), slow.motion)

    def stand(self, joints: NDArray[np.float64]) -> None:
        """What was sent last ends at ``joints`` (n,), whatever was planned; what follows begins
        there.
        """
        self._stream.reset(joints)
        self._given.clear()
        self._rest(self._at_ns)

    @property
    def ease(self) -> float:
        """By how much per s the speed that motion is played at may change, share of its own."""
        return 1.0 / self._fastest if self._fastest else math.inf

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

    def _pass_time(self, now_ns: int, wanted: int) -> None:
        """Gives ``wanted`` set-points, or as many as the time asks for that a controller needs to
        hear them.
        """
        self.held = ACCEPTED
        if self._stream.resting and self._stream.lag == 0.0:
            self._rest(now_ns)
        if self._at_ns > now_ns + _MOST_NS + self._period_ns:
            self._at_ns = now_ns  # the clock went back
            self._given = deque([self._stream.state], self._given.maxlen)
        fewest = -(-(now_ns + _LEAST_NS - self._at_ns) // self._period_ns)
        most = (now_ns + _MOST_NS - self._at_ns) // self._period_ns
        for _ in range(min(max(wanted, fewest), most)):
            self._given.append(self._stream.advance())
            if not self._stream.verdict.accepted:
                self.held = self._stream.verdict
            self._at_ns += self._period_ns

    def _rest(self, now_ns: int) -> None:
        """The arm stands, and moves from a moment later on."""
        self._at_ns = now_ns + _LEAD_NS
        self._given.extend([self._stream.state] * (self._given.maxlen or 0))

    def _course(self, now_ns: int) -> Course:
        """From now on: what was sent before, then what follows from there."""
        back = min(max(-(-(self._at_ns - now_ns) // self._period_ns), 0), len(self._given) - 1)
        begun = list(self._given)[len(self._given) - 1 - back :]
        states = (*begun, *self._stream.ahead())
        stamp = self._at_ns - back * self._period_ns
        speeds = np.abs([state.velocity for state in states])
        self._fastest = float((speeds / self._push).max())
        return Course(stamp, self._period_ns, states, self._motion)
