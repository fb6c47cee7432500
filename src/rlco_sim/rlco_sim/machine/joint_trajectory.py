# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What joint_trajectory_controller does, by topic and by action.

A new trajectory replaces the one before and begins at the next cycle, where the arm was measured
or, if told so, where it was last commanded to be. A trajectory that comes by topic while a goal
runs replaces what is played and leaves the goal: that is judged by the new one. After the last
point it holds. What it holds after something went wrong is where the arm was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from rlco_core.errors import ConfigError
from rlco_core.profiles import JointState
from rlco_sim.machine.controller import Controller, Cycle, Kind, Setpoint, Vector, unheard
from rlco_sim.machine.tolerances import Tolerances
from rlco_sim.trajectory import Due, Point, sample, scheduled
from rlco_sim.trajectory_validation import validated

_NS = 1e-9


class Code(IntEnum):
    """What became of a goal; as control_msgs/FollowJointTrajectory numbers it."""

    SUCCESSFUL = 0
    INVALID_GOAL = -1
    PATH_TOLERANCE_VIOLATED = -4
    GOAL_TOLERANCE_VIOLATED = -5


@dataclass
class Goal:
    """A goal that was accepted.

    Attributes:
        code: None while it runs.
        reason: for people.
    """

    code: Code | None = None
    reason: str = ""


@dataclass(frozen=True)
class Habits:
    """How one of these controllers was set up.

    Attributes:
        tolerances: those in force until a goal brings others.
        scaled: its time passes as fast as the robot runs.
        from_desired: begins where it was last commanded to be; else where it was measured.
        takes_effort: commands efforts, so trajectories may tell them.
        kind: its type.
    """

    tolerances: Tolerances
    scaled: bool = False
    from_desired: bool = False
    takes_effort: bool = False
    kind: str = "joint_trajectory_controller/JointTrajectoryController"


@dataclass(frozen=True)
class _Coming:
    """A trajectory that begins at the next cycle."""

    points: list[Point]
    stamp_ns: int


class JointTrajectoryController(Controller):
    """The controller of the joints of an arm.

    Args:
        name, log: as for ``Controller``.
        joints: names in order.
        habits: how it was set up.

    Attributes:
        goal: the goal that runs, if one does.
        desired, measured: where the arm should have been at the last cycle, and where it was;
            None before the first.
    """

    moves_arm = True

    def __init__(
        self,
        name: str,
        joints: Sequence[str],
        habits: Habits,
        log: Callable[[str], None] = unheard,
    ) -> None:
        interface = "effort" if habits.takes_effort else "position"
        super().__init__(name, habits.kind, [f"{joint}/{interface}" for joint in joints], log)
        self._joints, self._habits = list(joints), habits
        self._tolerances = habits.tolerances
        self.goal: Goal | None = None
        self.desired: JointState | None = None
        self.measured: JointState | None = None
        self._coming: _Coming | None = None
        self._commanded: JointState | None = None
        self._clock_ns = self._last_ns = 0
        self._hold(np.zeros(len(joints)))

    @property
    def joints(self) -> list[str]:
        """Names in order."""
        return self._joints

    def activate(self, joints: Vector) -> None:
        """Holds where the arm is; what came before is forgotten."""
        super().activate(joints)
        self._hold(joints)

    def deactivate(self) -> None:
        """A goal that runs is lost."""
        super().deactivate()
        self._end(Code.INVALID_GOAL, f"{self.name} was deactivated")

    def take(
        self, names: Sequence[str], points: Sequence[Point], stamp_ns: int, now_ns: int
    ) -> None:
        """A trajectory that came by topic; while inactive it is looked at and dropped.

        Raises:
            ConfigError: it is rejected.
        """
        ordered = self._accepted(names, points, stamp_ns, now_ns)
        if self.active:
            self._coming = _Coming(ordered, stamp_ns)

    def judge(
        self, names: Sequence[str], points: Sequence[Point], stamp_ns: int, now_ns: int
    ) -> None:
        """Whether a goal can be taken now.

        Raises:
            ConfigError: it is rejected.
        """
        if not self.active:
            raise ConfigError(f"{self.name} is not active; activate it first")
        self._accepted(names, points, stamp_ns, now_ns)

    def begin(
        self,
        names: Sequence[str],
        points: Sequence[Point],
        stamp_ns: int,
        now_ns: int,
        change: Callable[[Tolerances], Tolerances] = lambda tolerances: tolerances,
    ) -> Goal:
        """Takes a goal that ``judge`` let pass; one that runs is lost.

        Args:
            change: gives the goal's tolerances from those that the controller was set up with;
                these stay where it raises a ConfigError.
        """
        self._end(Code.INVALID_GOAL, "another goal came")
        self._tolerances = self._habits.tolerances
        try:
            self._tolerances = change(self._tolerances)
        except ConfigError as error:
            self.log(f"{self.name} goes on with its own tolerances: {error}")
        self._coming = _Coming(self._accepted(names, points, stamp_ns, now_ns), stamp_ns)
        self.goal = Goal()
        return self.goal

    def cancel(self) -> None:
        """The goal is given up: holds where the arm is measured in the next cycle."""
        self.goal, self._coming, self._stopping = None, None, True

    def update(self, cycle: Cycle) -> Setpoint | None:
        """Plays on; nothing is written in a cycle in which something went wrong."""
        if self._stopping and self._coming is None:
            self._hold(cycle.joints)
        fresh = self._pass_time(cycle)
        self.desired = self._at(self._clock_ns)
        self.measured = JointState(cycle.joints, cycle.velocity, np.zeros_like(cycle.joints))
        if self._broken(cycle, self.desired, fresh):
            self._hold(cycle.joints)
            return None
        self._commanded = self._at(self._clock_ns + cycle.period_ns)
        return Setpoint(Kind.POSITION, self._commanded.joints)

    def _accepted(
        self, names: Sequence[str], points: Sequence[Point], stamp_ns: int, now_ns: int
    ) -> list[Point]:
        effort = self._habits.takes_effort
        return validated(self._joints, names, points, stamp_ns, now_ns, effort)

    def _hold(self, joints: Vector) -> None:
        """Stays at ``joints``; tolerances are not looked at."""
        self._due = [Due(0, Point(0, np.array(joints, dtype=np.float64)))]
        self._holding, self._stopping = True, False
        self._coming = self._commanded = None
        self._clock_ns = self._last_ns = 0

    def _pass_time(self, cycle: Cycle) -> bool:
        """Its own time, which may be slower; whether a trajectory begins in this cycle."""
        coming, self._coming = self._coming, None
        if coming is not None:
            self._start(coming, cycle)
            self._clock_ns = cycle.now_ns
        else:
            scaling = cycle.scaling if self._habits.scaled else 1.0
            passed = cycle.now_ns - self._last_ns if self._last_ns else 0
            self._clock_ns += passed if scaling == 1.0 else round(passed * scaling)
        self._last_ns = cycle.now_ns
        return coming is not None

    def _start(self, coming: _Coming, cycle: Cycle) -> None:
        now_ns, start = cycle.now_ns, self._start_point(coming.points[0], cycle)
        self._due = scheduled(coming.points, coming.stamp_ns or now_ns, now_ns, start)
        self._holding = self._stopping = False

    def _start_point(self, first: Point, cycle: Cycle) -> Point:
        """Where the way to the first point begins; it tells as much as that point does."""
        now = JointState(cycle.joints, cycle.velocity, np.zeros_like(cycle.joints))
        if self._habits.from_desired and self._commanded is not None:
            now = self._commanded
        velocity = None if first.velocities is None else now.velocity
        return Point(
            0, now.joints, velocity, None if first.accelerations is None else now.acceleration
        )

    def _at(self, now_ns: int) -> JointState:
        state = sample(self._due, now_ns)
        k = next((k for k, one in enumerate(self._due) if one.at_ns > now_ns), 0)
        ends = [due.point for due in self._due[k - 1 : k + 1]] if k else []
        # A known trap of the real one: accelerations without velocities lead all joints to zero.
        if ends and all(p.accelerations is not None and p.velocities is None for p in ends):
            return JointState.at_rest(np.zeros_like(state.joints))
        return state

    def _broken(self, cycle: Cycle, desired: JointState, fresh: bool) -> bool:
        """Looks at tolerances and ends the goal accordingly; whether the arm has to stop."""
        if self._holding:
            return False
        late_ns = self._clock_ns - self._due[-1].at_ns
        if (late_ns < 0 or fresh) and self._tolerances.strays(desired, cycle):
            self._fail(Code.PATH_TOLERANCE_VIOLATED, "the arm left its path by too much")
            return True
        if late_ns < 0:
            return False
        if not self._tolerances.misses(desired, cycle):
            if self.goal is not None:
                self._end(Code.SUCCESSFUL, "the goal is reached")
                self._holding = True
            return False
        if not 0.0 < self._tolerances.time < late_ns * _NS:
            return False
        late = f"the goal was not reached within {self._tolerances.time:g} s after its last point"
        self._fail(Code.GOAL_TOLERANCE_VIOLATED, late)
        return True

    def _fail(self, code: Code, reason: str) -> None:
        self.log(f"{self.name} stops: {reason}")
        self._end(code, reason)

    def _end(self, code: Code, reason: str) -> None:
        if self.goal is not None:
            self.goal.code, self.goal.reason = code, reason
        self.goal = None
