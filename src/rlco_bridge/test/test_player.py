# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Set-points, each at its time, whatever clocks and processes do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from courses import DT_NS, HOME, PANDA, SPEED, START, Walk, seams
from hypothesis import given, settings
from hypothesis import strategies as st

from rlco_bridge.streaming.player import Setpoint, SetpointPlayer
from rlco_bridge.streaming.told import Told

#: Steady time at which the first course is handed over, ns.
BEGIN = 90_000_000_000
PERIOD = 10_000_000
#: rad that a step between courses may lead.
REACH = 0.05 * SPEED


class Theatre:
    """A bridge that commands every 50 ms of ROS time, and a player that is woken when it is due.

    Args:
        pace: steady time per ROS time.
        rate: set-points per second.
        wake: steady time -> by how much the player is woken too late then, ns.
        hand: number of a course -> by how much it is handed over too late, ns.
    """

    def __init__(
        self,
        pace: float = 1.0,
        rate: float = 100.0,
        wake: Callable[[int], int] = lambda now: 0,
        hand: Callable[[int], int] = lambda number: 0,
    ) -> None:
        self.player, self.walk = SetpointPlayer(seams(), round(1e9 / rate)), Walk(rate)
        self.said: list[tuple[int, Setpoint]] = []
        self._pace, self._wake, self._hand = pace, wake, hand
        self.now, self.skew, self.refused = BEGIN, 0, 0

    def ros(self, steady: int) -> int:
        """ROS time."""
        return START + round((steady - BEGIN) / self._pace) + self.skew

    def run(self, commands: int, halt: bool = True) -> None:
        """Commands, and then a halt and what is left to say."""
        for number in range(commands + halt):
            tick = self.now
            make = self.walk.follow if number < commands else self.walk.halt
            course = make(self.ros(tick))
            self._play_until(tick + self._hand(number))
            told = Told.of(course, self.ros(self.now), self.now)
            self.refused += not self.player.take(told, self.now)
            self._play_until(tick + round(DT_NS * self._pace))
        if halt:
            self._play_until(self.now + 2_000_000_000)

    def _play_until(self, steady: int) -> None:
        while self.player.due_ns is not None and self.player.due_ns <= steady:
            now = self.player.due_ns + self._wake(self.player.due_ns)
            self.said.append((now, self.player.give(now)))
            self.now = max(now, self.now)
        self.now = max(self.now, steady)

    @property
    def joints(self) -> np.ndarray:
        """(T, 7) what was said."""
        return np.array([setpoint.joints for _, setpoint in self.said])


def accelerations(joints: np.ndarray, rate: float = 100.0) -> float:
    """The greatest, as a share of what the joint may have."""
    found = np.abs(np.diff(joints, n=2, axis=0)) * rate**2
    return float((found / np.array(PANDA.limits.acceleration)).max())


@pytest.mark.parametrize("rate", [100.0, 125.0, 500.0])
def test_every_set_point_is_said_once_at_its_time_until_rest(rate: float) -> None:
    theatre = Theatre(rate=rate)
    theatre.run(12)
    period = round(1e9 / rate)
    stamps = np.array([setpoint.stamp_ns for _, setpoint in theatre.said])
    times = np.array([now for now, _ in theatre.said])
    assert set(np.diff(stamps)) == {period}
    assert np.abs((times - BEGIN) - (stamps - START)).max() <= 1
    assert accelerations(theatre.joints, rate) <= 0.91
    assert not theatre.said[-1][1].velocity.any()
    assert np.abs(theatre.joints[-1] - HOME).max() > 0.05
    assert (theatre.player.torn, theatre.refused, theatre.player.due_ns) == (0, 0, None)


def test_at_rest_it_says_so_for_a_quarter_of_a_second_and_then_nothing() -> None:
    theatre = Theatre()
    theatre.run(3)
    still = [now for now, setpoint in theatre.said if (setpoint.joints == theatre.joints[-1]).all()]
    assert 0.25 <= (still[-1] - still[0]) / 1e9 <= 0.28
    assert theatre.player.due_ns is None


def test_after_a_pause_it_begins_again() -> None:
    theatre = Theatre()
    theatre.run(3)
    before = len(theatre.said)
    theatre.run(3)
    assert theatre.refused == 0
    assert np.abs(np.diff(theatre.joints[before - 1 :], axis=0)).max() < 0.02
    assert np.abs(theatre.joints[-1] - theatre.joints[before]).max() > 0.01


@pytest.mark.parametrize("pace", [0.5, 0.97, 1.0005, 1.3])
def test_another_pace_of_ros_time_is_learned(pace: float) -> None:
    theatre = Theatre(pace=pace)
    theatre.run(80, halt=False)
    last = theatre.said[-40:]
    times, stamps = (
        np.array([now for now, _ in last]),
        np.array([setpoint.stamp_ns for _, setpoint in last]),
    )
    assert set(np.diff(stamps)) == {PERIOD}
    assert np.diff(times) == pytest.approx(PERIOD * pace, rel=0.01)
    assert np.abs([theatre.ros(now) - stamp for now, stamp in zip(times, stamps, strict=True)]
                  ).max() < 0.2 * PERIOD  # fmt: skip
    assert accelerations(np.array([setpoint.joints for _, setpoint in last])) <= 0.91


def test_woken_late_it_leaves_out_what_is_over_without_a_step() -> None:
    late = {BEGIN + 200_000_000: 23_000_000}
    theatre = Theatre(wake=lambda now: late.get(now, 0))
    theatre.run(8)
    stamps = [setpoint.stamp_ns for _, setpoint in theatre.said]
    assert sorted(np.diff(stamps).tolist())[-2:] == [PERIOD, 3 * PERIOD]
    assert (theatre.refused, theatre.player.torn) == (0, 0)
    assert accelerations(theatre.joints) < 1.0


def test_lateness_is_told() -> None:
    player, walk = SetpointPlayer(seams(), PERIOD), Walk()
    assert player.take(Told.of(walk.follow(START), START, BEGIN), BEGIN)
    due = player.due_ns
    assert due is not None
    player.give(due + 300)
    assert (player.late_ns, player.missed) == (300, 0)
    player.give(due + PERIOD + 2 * PERIOD + 7)
    assert (player.late_ns, player.missed) == (2 * PERIOD + 7, 2)


def test_stopped_for_long_it_goes_on_from_where_it_was() -> None:
    """A step that joints cannot follow is not said, however late the set-points are."""
    late = {BEGIN + 300_000_000: 400_000_000}
    theatre = Theatre(wake=lambda now: late.get(now, 0))
    theatre.player = SetpointPlayer(seams(0.2), PERIOD)
    theatre.run(8)
    assert np.abs(np.diff(theatre.joints, axis=0)).max() <= 0.02
    assert not theatre.said[-1][1].velocity.any()


@given(st.lists(st.integers(0, 45_000_000), min_size=12, max_size=12))
@settings(max_examples=10, deadline=None)
def test_courses_that_come_late_make_no_step(late: list[int]) -> None:
    theatre = Theatre(hand=lambda number: late[number] if number < 12 else 0)
    theatre.run(12)
    assert np.abs(np.diff(theatre.joints, axis=0)).max() < 0.0145
    assert accelerations(theatre.joints) < 1.0
    assert not theatre.said[-1][1].velocity.any()


def test_a_course_that_came_too_late_is_counted_and_the_step_to_it_fades() -> None:
    theatre = Theatre(hand=lambda number: 40_000_000 if number == 6 else 0)
    theatre.run(12)
    assert theatre.player.torn >= 1
    assert theatre.player.gap > 1e-4
    plain = Theatre()
    plain.run(12)
    assert np.abs(theatre.joints[-1] - plain.joints[-1]).max() < 1e-12


def test_a_course_out_of_reach_is_refused_and_the_one_before_comes_to_rest() -> None:
    theatre = Theatre()
    theatre.run(6, halt=False)
    other = Walk()
    far = [other.follow(START + number * DT_NS) for number in range(3)][-1]
    told = Told.of(far, theatre.ros(theatre.now), theatre.now)
    shifted = replace(told, stamp_ns=told.ros_ns, joints=told.joints + 0.3)
    assert not theatre.player.take(shifted, theatre.now)
    theatre._play_until(theatre.now + 2_000_000_000)
    assert np.abs(np.diff(theatre.joints, axis=0)).max() < 0.02
    assert not theatre.said[-1][1].velocity.any()


def test_an_arm_that_was_moved_while_it_stood_begins_where_it_is() -> None:
    theatre = Theatre()
    theatre.run(4)
    elsewhere = HOME - 0.1
    assert np.abs(theatre.joints[-1] - elsewhere).max() > REACH.max()
    walk, now = theatre.walk, theatre.ros(theatre.now)
    course = walk.halt(now)
    walk.mover.begin(elsewhere, now)
    moved = walk.halt(now)
    again = replace(moved, motion=course.motion)
    assert not theatre.player.take(Told.of(again, now, theatre.now), theatre.now)
    assert theatre.player.take(Told.of(moved, now, theatre.now), theatre.now)
    due = theatre.player.due_ns
    assert due is not None
    assert (theatre.player.give(due).joints == elsewhere).all()


def test_motion_that_begins_anew_waits_until_the_arm_stands() -> None:
    theatre = Theatre()
    theatre.run(6, halt=False)
    halt = theatre.walk.halt(theatre.ros(theatre.now))
    assert theatre.player.take(Told.of(halt, theatre.ros(theatre.now), theatre.now), theatre.now)
    theatre.walk.mover.begin(HOME - 0.1, theatre.ros(theatre.now))
    for _ in range(8):
        now = theatre.ros(theatre.now)
        told = Told.of(theatre.walk.halt(now), now, theatre.now)
        assert theatre.player.take(told, theatre.now)
        theatre._play_until(theatre.now + DT_NS)
    assert (theatre.joints[-1] == HOME - 0.1).all()


@pytest.mark.parametrize("speed", [0.1, 0.37, 0.9])
def test_stretched_motion_is_said_as_often(speed: float) -> None:
    """Where a robot plays motion slower, its course has states less often."""
    theatre = Theatre()
    slow = theatre.walk.follow(START).stretched(speed)
    assert theatre.player.take(Told.of(slow, START, BEGIN), BEGIN)
    theatre._play_until(BEGIN + 5_000_000_000)
    stamps = [setpoint.stamp_ns for _, setpoint in theatre.said]
    assert set(np.diff(stamps)) == {PERIOD}
    assert (theatre.joints[-1] == slow.states[-1].joints).all()
    moved = np.gradient(theatre.joints, PERIOD * 1e-9, axis=0)
    told = np.array([setpoint.velocity for _, setpoint in theatre.said])
    assert np.abs(moved - told).max() < 0.08 * speed
    assert accelerations(theatre.joints) <= 1.1 * speed


@pytest.mark.parametrize("jump", [-3_000_000_000, 3_000_000_000])
def test_a_clock_that_jumps_makes_no_step_out_of_reach(jump: int) -> None:
    theatre = Theatre()
    theatre.run(6, halt=False)
    theatre.skew = jump
    theatre.run(6)
    assert np.abs(np.diff(theatre.joints, axis=0)).max() <= REACH.max()
    assert not theatre.said[-1][1].velocity.any()


def test_what_is_handed_over_arrives_as_it_was() -> None:
    told = Told.of(Walk().follow(START), START + 3, BEGIN)
    again = Told.from_bytes(told.to_bytes())
    assert (again.joints == told.joints).all()
    assert (again.velocity == told.velocity).all()
    assert (again.acceleration == told.acceleration).all()
    times = ("ros_ns", "steady_ns", "stamp_ns", "period_ns", "motion")
    assert [getattr(again, name) for name in times] == [getattr(told, name) for name in times]


def test_at_once_means_from_the_hand_over_on() -> None:
    course = replace(Walk().follow(START), stamp_ns=0)
    assert Told.of(course, START + 3, BEGIN).stamp_ns == START + 3
