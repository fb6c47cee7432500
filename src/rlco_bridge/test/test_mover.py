# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Motion that is sent ahead: it goes where commands say and always ends at rest."""

from __future__ import annotations

import numpy as np
import pytest

from rlco_bridge import convert
from rlco_bridge.course import Course
from rlco_bridge.mover import Mover
from rlco_core.kinematics import Kinematics
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig

DT, DT_NS, PERIOD_NS = 0.05, 50_000_000, 10_000_000
START = 7_000_000_000
PANDA = RobotConfig.load("panda")
HOME = Kinematics(PANDA).home


@pytest.fixture
def mover() -> Mover:
    made = Mover(PANDA, DT, 100.0)
    assert made.begin(HOME, START).accepted
    return made


def walked(steps: int) -> list[np.ndarray]:
    path = ActionPath(PANDA, DT)
    action = np.array([0.008, 0.004, 0.0, 0.0, 0.0, 0.0, 1.0], np.float32)
    return [path.step(action).joints for _ in range(steps)]


def require_rest(motion: Course) -> None:
    last = motion.states[-1]
    assert not last.velocity.any()
    assert not last.acceleration.any()


def told(course: Course, now_ns: int) -> np.ndarray:
    """(n,) where a controller that plays ``course`` tells the joints to be."""
    place = (now_ns - course.stamp_ns) / course.period_ns
    rows = np.array([state.joints for state in course.states])
    times = np.arange(len(rows))
    return np.array([np.interp(place, times, column) for column in rows.T])


def test_motion_goes_on_from_where_it_was_told_to_be_and_ends_at_rest(mover: Mover) -> None:
    before, when = None, START
    for command in walked(8):
        verdict, motion = mover.follow(command, when)
        assert verdict.accepted
        assert motion.period_ns == PERIOD_NS
        assert when - PERIOD_NS < motion.stamp_ns <= when
        require_rest(motion)
        if before is not None:
            for heard in (0, 2_000_000, 5_000_000):
                assert np.abs(told(motion, when + heard) - told(before, when + heard)).max() < 1e-12
        before, when = motion, when + DT_NS
    assert np.abs(told(motion, when + PERIOD_NS) - command).max() < 1e-3


@pytest.mark.parametrize("late_ns", [-4_000_000, 0, 4_000_000, 13_000_000])
def test_a_late_tick_goes_on_from_where_the_controller_is(mover: Mover, late_ns: int) -> None:
    first, second = walked(2)
    _, sent = mover.follow(first, START)
    now = START + DT_NS + late_ns
    _, motion = mover.follow(second, now)
    assert motion.stamp_ns <= now
    for heard in (0, 2_000_000, 5_000_000):
        assert np.abs(told(motion, now + heard) - told(sent, now + heard)).max() < 1e-12


def test_halted_it_comes_to_rest_from_where_it_is(mover: Mover) -> None:
    for number, command in enumerate(walked(6)):
        _, sent = mover.follow(command, START + number * DT_NS)
    now = START + 5 * DT_NS + 20_000_000
    halted = mover.halt(now)
    require_rest(halted)
    assert (told(halted, now) == told(sent, now)).all()
    assert len(halted.states) * PERIOD_NS <= 200_000_000
    assert len(halted.states) < len(sent.states) - 2, "it does not finish the period"


def test_it_tells_what_held_it_back(mover: Mover) -> None:
    push = ActionPath(PANDA, DT)
    rows = np.array([0.0, 0.0, -0.024, 0.0, 0.0, 0.0, 1.0], np.float32)
    held = []
    for number in range(24):
        mover.follow(push.step(rows).joints, START + number * DT_NS)
        held.append(mover.held.limit)
    assert (held[0], set(held)) == ("", {"", "collision"})
    mover.halt(START + 10**10)
    assert mover.held.accepted


def test_at_rest_time_passes_without_motion(mover: Mover) -> None:
    later = START + 60 * 10**9
    motion = mover.halt(later)
    assert motion.stamp_ns == later
    assert all((state.joints == HOME).all() for state in motion.states)
    _, motion = mover.follow(walked(1)[0], later + 5 * 10**9)
    assert motion.stamp_ns == later + 5 * 10**9


def test_a_clock_that_goes_back_begins_anew(mover: Mover) -> None:
    mover.follow(walked(1)[0], START)
    _, motion = mover.follow(walked(2)[1], START - 10**9)
    assert motion.stamp_ns == START - 10**9
    require_rest(motion)


def test_where_the_arm_may_not_be_it_does_not_begin(mover: Mover) -> None:
    low = HOME + np.array([0.0, 0.9, 0.0, 0.0, 0.0, 0.0, 0.0])
    verdict = mover.begin(low, START)
    assert verdict.limit == "workspace"
    _, motion = mover.follow(HOME, START)
    assert all((state.joints == HOME).all() or (state.joints == low).all()
               for state in motion.states)  # fmt: skip


def test_an_arm_that_is_far_behind_its_commands_is_refused_with_a_reason(mover: Mover) -> None:
    far = HOME + np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.9])
    verdict, motion = mover.follow(far, START)
    assert verdict.limit == "lag"
    assert "a joint is 0.90 rad behind its command, 0.5 allowed" in verdict.reason
    assert not mover.follow(np.full(7, np.nan), START)[0].accepted
    require_rest(motion)


def test_messages_tell_velocities_and_accelerations(mover: Mover) -> None:
    _, motion = mover.follow(walked(1)[0], START)
    message = convert.course_message(motion, ["j"] * 7)
    assert (message.header.stamp.sec, len(message.points)) == (7, len(motion.states))
    times = [point.time_from_start.nanosec for point in message.points]
    assert times == [PERIOD_NS * number for number in range(len(times))]
    for point, state in zip(message.points, motion.states, strict=True):
        assert list(point.positions) == state.joints.tolist()
        assert list(point.velocities) == state.velocity.tolist()
        assert list(point.accelerations) == state.acceleration.tolist()


@pytest.mark.parametrize("name", ["panda", "fr3", "ur5e"])
@pytest.mark.parametrize("rate", [100.0, 500.0])
@pytest.mark.parametrize("turning", [True, False])
def test_it_stops_in_a_quarter_of_a_second_at_any_speed_that_it_is_told(
    name: str, rate: float, turning: bool
) -> None:
    robot = RobotConfig.load(name)
    mover, path, draw = Mover(robot, DT, rate), ActionPath(robot, DT), np.random.default_rng(0)
    fastest = np.zeros(len(robot.joint_names))
    for trial in range(4):
        assert mover.begin(Kinematics(robot).home, START).accepted
        path.reset(Kinematics(robot).home, 1.0)
        way = draw.normal(size=3)
        way *= (1.4 * DT if turning else 0.45 * DT) / np.linalg.norm(way)
        way = np.array([0.0, 0.0, 1.45 * DT]) if turning and trial == 0 else way
        zeros = np.zeros(3)
        action = np.concatenate([zeros, way, [1.0]] if turning else [way, zeros, [1.0]])
        for number in range(12):
            now = START + number * DT_NS
            command = path.step(action.astype(np.float32))
            if not command.verdict.accepted or not mover.follow(command.joints, now)[0].accepted:
                break
            halt = mover.halt(now)
            fastest = np.maximum(fastest, np.abs(halt.states[0].velocity))
            assert halt.end_ns - now <= 250_000_000
            mover.follow(command.joints, now)
    assert fastest.max() > 0.5
