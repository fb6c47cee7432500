# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Motion that is played slower than it was planned: smooth at every seam, and quick to stop."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from rlco_bridge.course import Course
from rlco_bridge.mover import Mover
from rlco_bridge.pace import Pace
from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig

DT, DT_NS, START, MS = 0.05, 50_000_000, 7_000_000_000, 1_000_000
SPEEDS = [0.25, 0.3, 0.42, 0.6, 0.95]
#: ns until a controller hears of a course.
HEARD = 4 * MS
ARMS = [("panda", 100.0), ("ur5e", 100.0), ("ur5e", 500.0)]


class Slowed:
    """An arm whose first joint swings, in time that passes at ``speed``; from command to command
    only where a period of control has passed.
    """

    def __init__(self, name: str, rate: float, speed: float) -> None:
        robot = RobotConfig.load(name)
        self.kinematics, self.limits = Kinematics(robot), robot.limits
        self.mover, self.pace, self.speed = Mover(robot, DT, rate), Pace(), speed
        self.now_ns, self._commands = START, 0
        assert self.mover.begin(self.kinematics.home, START).accepted
        self.pace.set(START, 1.0, speed)

    def pass_period(self) -> Course | None:
        """A period of the clock; the course that is sent in it."""
        self.now_ns += DT_NS
        changed = self.pace.set(self.now_ns, 1.0, self.speed, self.mover.ease)
        if self.pace.due(self.now_ns):
            return self._sent(self.mover.follow(self._command(), self.pace.at(self.now_ns))[1])
        return self._sent(self.mover.go_on(self.pace.at(self.now_ns))) if changed else None

    def halt(self, sooner: bool) -> Course:
        """To rest."""
        slow = self._sent(self.mover.halt(self.pace.at(self.now_ns)))
        return self.mover.halt_sooner(slow, self.now_ns) if sooner else slow

    def _sent(self, course: Course) -> Course:
        return self.pace.told(course, self.now_ns)

    def _command(self) -> NDArray[np.float64]:
        self._commands += 1
        joints = self.kinematics.home.copy()
        joints[0] += 0.4 * (1.0 - np.cos(0.1 * self._commands))
        return joints


def ends_ns(course: Course) -> int:
    """When the arm is told to stand."""
    moving = [k for k, s in enumerate(course.states) if np.abs(s.velocity).max() > 1e-9]
    return course.stamp_ns + (max(moving, default=-1) + 1) * course.period_ns


def played(arm: Slowed, speeds: Iterable[float], rate: float) -> NDArray[np.float64]:
    """(k, n) where a controller that hears of courses a little late tells joints to be, at a speed
    that is asked for in each period.
    """
    step, rows = round(1e9 / rate), []
    plays: Course | None = None
    for arm.speed in speeds:
        begun_ns, before, plays = arm.now_ns + DT_NS, plays, arm.pass_period() or plays
        for now_ns in range(begun_ns, begun_ns + DT_NS, step):
            course = plays if now_ns >= begun_ns + HEARD else before
            if course is not None:
                rows.append(course.at(max(now_ns, course.stamp_ns)).joints)
    return np.array(rows)


@pytest.mark.parametrize(("name", "rate"), ARMS)
@pytest.mark.parametrize("speed", SPEEDS)
def test_slowed_and_slowed_further_it_stays_within_limits(
    name: str, rate: float, speed: float
) -> None:
    arm = Slowed(name, rate, speed)
    slower = [max(speed - 0.02 * period, 0.25) for period in range(30)]
    told = played(arm, [*[speed] * 60, *slower, *slower[::-1], *[speed] * 20], rate)
    velocity = np.diff(told, axis=0) * rate
    bends = np.diff(velocity, axis=0) * rate
    jerk = np.diff(bends, axis=0) * rate
    assert np.abs(velocity).max() > 0.3 * speed, "it moves"
    assert (np.abs(bends) <= np.array(arm.limits.acceleration)).all()
    assert (np.abs(jerk) <= np.array(arm.limits.jerk)).all()


@pytest.mark.parametrize(("name", "rate"), ARMS)
@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("periods", [30, 61, 87])
def test_it_stops_as_soon_as_limits_allow(
    name: str, rate: float, speed: float, periods: int
) -> None:
    arm, told = Slowed(name, rate, speed), None
    for _ in range(periods):
        told = arm.pass_period() or told
    assert told is not None
    begun = told.at(arm.now_ns)
    halt = arm.halt(sooner=True)
    assert ends_ns(halt) - arm.now_ns <= 250 * MS
    for after_ns in (0, 2 * MS, 5 * MS):
        there = told.at(arm.now_ns + after_ns).joints
        assert np.abs(halt.at(arm.now_ns + after_ns).joints - there).max() < 1e-5
    assert np.abs(halt.states[0].velocity - begun.velocity).max() < 1e-6
    assert not halt.states[-1].velocity.any()
    bends = np.array([state.acceleration for state in halt.states])
    assert (np.abs(bends) <= np.array(arm.limits.acceleration)).all()
    jerk = np.abs(np.diff(bends, axis=0)) * rate
    assert (jerk <= np.array(arm.limits.jerk)).all()


def test_a_stretched_stop_would_take_longer() -> None:
    slow, sooner = (Slowed("ur5e", 500.0, 0.25) for _ in range(2))
    for arm in (slow, sooner):
        for _ in range(61):
            arm.pass_period()
    assert ends_ns(slow.halt(sooner=False)) > ends_ns(sooner.halt(sooner=True)) + 100 * MS


def test_what_may_not_be_stopped_so_soon_stops_as_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = Slowed("panda", 100.0, 0.3)
    for _ in range(30):
        arm.pass_period()
    monkeypatch.setattr(arm.mover._stream, "stop_from", lambda state: None)
    halt = arm.halt(sooner=True)
    assert halt.period_ns == round(10 * MS / 0.3)
    assert not halt.states[-1].velocity.any()
