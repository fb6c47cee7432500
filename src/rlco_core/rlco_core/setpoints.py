# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""From a command every 50 ms to set-points at the rate of a controller, none of them unchecked.

Set-points have continuous position, velocity and acceleration, also where commands replace each
other. Every one that is given can be followed by a stop within all limits: it was planned and
checked beforehand, and is what follows where the next set-point is refused or no command comes. So
there is no state from which the arm would have to leave its limits (as in failsafe motion planning,
Pek and Althoff, IEEE T-RO 2021).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics
from rlco_core.limits import Motion, MotionLimit, first_refusal
from rlco_core.profiles import JointState, Profile, Profiles
from rlco_core.robot import RobotConfig
from rlco_core.safety import stream_safety
from rlco_core.singularity import SlowDown
from rlco_core.types import ACCEPTED, Verdict

Vector = NDArray[np.float64]

#: Planned motion leaves room for what a stop adds: braking while it speeds up, an arm becomes a
#: little faster first.
_ROOM = 0.97
#: A controller that plays a quintic from set-point to set-point bends where a profile does not. Its
#: jerk is the profile's as parabolas come nearest to it, at most 2.18 times as large; acceleration
#: was never found to be 1.06 times as large where a period or more leads from nothing to the most.
_BENT_JERK, _BENT = 2.18, 1.06
#: s in which a joint can be stopped at any speed that it is given.
_STOPS = 0.21
#: Share of their speed by which joints that are behind may be faster than what they are to follow.
_HURRY = 0.25
#: s between two looks at a planned stop; what lies between is covered by the limits' inset.
_LOOK = 0.02
#: More looks, s, while an arm that is to stop still speeds up.
_AT_FIRST = (0.005, 0.01, 0.015)
#: Share of a period by which a time is called a whole number of periods.
_SLACK = 1e-6
_SLOWED = Verdict(False, "singularity", "joints are slow on their way to a singularity")


class SetpointStream:
    """The motion of one arm.

    Args:
        robot: the arm and its limits.
        kinematics: of the arm.
        period: s between two set-points.

    Attributes:
        state: the set-point that was given last.
        verdict: why it is not on the way to the command, if it is not.
    """

    def __init__(self, robot: RobotConfig, kinematics: Kinematics, period: float) -> None:
        limits, self._period = robot.limits, period
        self._kinematics, self._boxed = kinematics, bool(limits.keep_out)
        self._safety = stream_safety(robot, kinematics)
        acceleration = np.array(limits.acceleration) * limits.dynamics_scale / _BENT
        jerk = np.array(limits.jerk) * limits.dynamics_scale / _BENT_JERK
        jerk = np.minimum(jerk, acceleration / period)
        stopped = acceleration * (_STOPS - acceleration / jerk)
        velocity = np.minimum(kinematics.velocity * limits.velocity_scale * _ROOM, stopped)
        self._slow_down = SlowDown(kinematics, velocity, limits.singularity)
        self._profiles = Profiles(velocity, acceleration, jerk, _HURRY * velocity)
        self.reset(kinematics.home)

    def reset(self, joints: Vector) -> Verdict:
        """The arm stands still at ``joints`` (n,); refused where it may not be, and then no command
        is followed.
        """
        self._barred = True
        if (verdict := self._foul(joints)) is not None:
            return verdict
        self.state = JointState.at_rest(joints)
        self._command: Vector | None = None
        self._asked: Vector | None = None
        self._profile: Profile | None = None
        self._stop: Profile | None = None
        self._passed = self._stopped = 0.0
        self._left, self._hurrying, self._slowed = 0, False, False
        self._looked: Motion | None = None
        self.verdict = first_refusal(self._safety.motion, self._motion(self.state))
        self._barred = not self.verdict.accepted
        return self.verdict

    def follow(self, joints: Vector, seconds: float) -> Verdict:
        """A command: the joints (n,) go on a straight line to it from the command before, in
        ``seconds``. Then the next one is due, or they come to rest. Towards a singularity they go
        as far as they may.

        Refused, and they come to rest, where no joints of this arm can be.
        """
        if (verdict := self._foul(joints)) is not None:
            self.brake()
            return verdict
        before = self.state.joints if self._command is None else self._command
        self._asked, self._command = joints, self._slow_down.goal(before, joints, seconds)
        self._slowed = self._command is not joints
        velocity = (self._command - before) / seconds
        self._profile = self._profiles.chase(self.state, before, velocity, seconds)
        self._hurrying = True
        self._passed, self._left = 0.0, math.ceil(seconds / self._period - _SLACK)
        return ACCEPTED

    def brake(self) -> None:
        """From now on the arm comes to rest, until the next command."""
        self._command = self._asked = self._profile = None
        self._left = 0

    def advance(self) -> JointState:
        """The next set-point."""
        found = self._wanted()
        if found is None:
            self._along_the_stop()
        else:
            self.state, self._stop = found
            self._stopped = 0.0
            if self._slowed:
                self.verdict = _SLOWED
        return self.state

    def ahead(self) -> list[JointState]:
        """The set-points that it will give if nothing else is commanded: on the way to the present
        command, then to rest.
        """
        future, found = copy.copy(self), []
        while future._left or not future.resting:
            found.append(future.advance())
        return found

    def stop_from(self, state: JointState) -> list[JointState] | None:
        """The set-points from ``state`` to rest, as soon as bounds allow; None where that would
        leave a limit.
        """
        stop = self._profiles.stop(state)
        if stop is None or not self._seen_through(stop, self._safety.stop).accepted:
            return None
        count = math.ceil(stop.duration / self._period - _SLACK)
        before = [stop.at(number * self._period) for number in range(1, count)]
        return [*before, JointState.at_rest(stop.at(stop.duration).joints)]

    @property
    def left(self) -> int:
        """Set-points until the next command is due."""
        return self._left

    @property
    def lag(self) -> float:
        """How far the farthest joint is behind its command, rad; 0 without one."""
        if self._asked is None:
            return 0.0
        return float(np.abs(self._asked - self.state.joints).max())

    @property
    def resting(self) -> bool:
        """Whether the arm is told to stand still."""
        return not self.state.velocity.any() and not self.state.acceleration.any()

    def _foul(self, joints: Vector) -> Verdict | None:
        """Why these are no joints of this arm; None where they are."""
        model = self._kinematics
        if joints.shape != model.home.shape or not np.isfinite(joints).all():
            count = len(model.home)
            return Verdict(False, "finite", f"{joints} are not {count} finite joint positions")
        if (joints < model.lower).any() or (joints > model.upper).any():
            return Verdict(False, "joint_position", f"{joints} rad are beyond the joints' stops")
        return None

    def _wanted(self) -> tuple[JointState, Profile] | None:
        """What the command asks for next, and the stop after it; None where it may not be."""
        if self._left == 0 or self._barred:
            self.brake()
        if self._command is None:
            return None
        self._left -= 1
        if self._profile is not None and (found := self._next(self._profile)) is not None:
            return found
        if self._hurrying:
            # An arm that cannot be on time and go on from there can often get there and rest.
            self._hurrying, self._passed = False, 0.0
            self._profile = self._approach(self._command)
            return None if self._profile is None else self._next(self._profile)
        self._profile = None
        return None

    def _next(self, profile: Profile) -> tuple[JointState, Profile] | None:
        """The next instant of ``profile`` and the stop after it, if both are within limits."""
        self._passed += self._period
        state = profile.at(self._passed)
        stop = self._profiles.stop(state)
        motion = self._motion(state, self._looked)
        self.verdict = first_refusal(self._safety.motion, motion)
        if self.verdict.accepted and stop is not None:
            limits = self._safety.inner if self._hurrying else self._safety.stop
            self.verdict = self._seen_through(stop, limits, motion)
        if stop is None or not self.verdict.accepted:
            return None
        self._looked = motion
        return state, stop

    def _approach(self, joints: Vector) -> Profile | None:
        """To rest there, if nothing is in between: an arm does not creep up to what it may not
        pass.
        """
        profile = self._profiles.approach(self.state, joints)
        if profile is not None and self._seen_through(profile, self._safety.stop).accepted:
            return profile
        return None

    def _along_the_stop(self) -> None:
        """The stop that was planned with the last set-point."""
        self._profile = self._looked = None
        if self._stop is None:
            return
        self._stopped += self._period
        self.state = self._stop.at(self._stopped)
        if self._stopped >= self._stop.duration:
            self.state, self._stop = JointState.at_rest(self.state.joints), None

    def _seen_through(
        self, profile: Profile, limits: Sequence[MotionLimit], motion: Motion | None = None
    ) -> Verdict:
        """Whether all of a profile is within ``limits``, instant by instant; it begins with
        ``motion``.
        """
        ends = profile.duration
        for seconds in (*_AT_FIRST, *np.arange(_LOOK, ends + _LOOK, _LOOK).tolist()):
            motion = self._motion(profile.at(min(seconds, ends)), motion)
            verdict = first_refusal(limits, motion)
            if not verdict.accepted:
                return Verdict(False, verdict.limit, f"it could not stop in time: {verdict.reason}")
        return ACCEPTED

    def _motion(self, state: JointState, before: Motion | None = None) -> Motion:
        """``state``, to which the arm comes from ``before``."""
        tool, elbow, twist = self._kinematics.moving(state.joints, state.velocity)
        return Motion(
            joints=state.joints,
            velocity=state.velocity,
            position=tool.translation,
            acceleration=state.acceleration,
            jerk=(state.acceleration - self.state.acceleration) / self._period,
            elbow=elbow,
            twist=twist,
            reach=self._reach(tool.translation, elbow, before),
        )

    def _reach(self, tool: Vector, elbow: Vector, before: Motion | None) -> float:
        """See ``Motion``: on a straight way nothing is farther than half of it from both ends.
        Asked hundreds of times per period of control, and only boxes want to know.
        """
        if before is None or not self._boxed:
            return 0.0
        ways = (tool - before.position, elbow - before.elbow)
        return 0.5 * max(float(np.linalg.norm(way)) for way in ways)
