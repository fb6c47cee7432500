# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The stream of set-points: what it follows, and what it never does, by finite differences."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlco_core.inspection import Inspector
from rlco_core.kinematics import Kinematics
from rlco_core.motion import ActionPath
from rlco_core.profiles import JointState
from rlco_core.robot import RobotConfig, Workspace
from rlco_core.setpoints import SetpointStream

DT = 0.05
ROBOTS = {name: RobotConfig.load(name) for name in ("fr3", "panda", "ur5e")}
KINEMATICS = {name: Kinematics(robot) for name, robot in ROBOTS.items()}
PATHS = {name: ActionPath(robot, DT) for name, robot in ROBOTS.items()}
Vector = np.ndarray


def stream_of(name: str, rate: int = 100, robot: RobotConfig | None = None) -> SetpointStream:
    return SetpointStream(robot or ROBOTS[name], KINEMATICS[name], 1.0 / rate)


def played(stream: SetpointStream, commands: Sequence[Vector], rate: int, rest: float) -> Vector:
    """(T, n) set-points of ``commands``, one per period of the path, and then without any."""
    found = [stream.state.joints]
    for command in commands:
        stream.follow(command, DT)
        found += [stream.advance().joints for _ in range(round(DT * rate))]
    found += [stream.advance().joints for _ in range(round(rest * rate))]
    return np.array(found)


def walked(name: str, actions: Sequence[Sequence[float]]) -> list[Vector]:
    """What the one action path commands, from home."""
    path = PATHS[name]
    path.reset(path.kinematics.home, 1.0)
    return [path.step(np.array(action, dtype=np.float32)).joints for action in actions]


def require_within(name: str, joints: Vector, rate: int) -> None:
    """Every limit of the robot's file, looked at from outside."""
    beyond = Inspector(ROBOTS[name], KINEMATICS[name], rate).count(joints)
    assert not any(beyond.values()), beyond


@pytest.mark.parametrize("name", ROBOTS)
@pytest.mark.parametrize("rate", [100, 500])
def test_it_keeps_up_with_a_steady_policy(name: str, rate: int) -> None:
    commands = walked(name, [[0.004, 0.004, -0.002, 0.0, 0.0, 0.02, 1.0]] * 30)
    joints = played(stream_of(name, rate), commands, rate, 0.0)
    per = round(DT * rate)
    away = np.abs(joints[per::per] - np.array(commands)).max(1)
    assert away[5:].max() < 1e-3, "it has caught up after a quarter of a second"
    require_within(name, joints, rate)


@pytest.mark.parametrize("name", ROBOTS)
def test_without_a_command_in_time_it_comes_to_rest_and_stays(name: str) -> None:
    stream = stream_of(name)
    commands = walked(name, [[0.012, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]] * 12)
    joints = played(stream, commands, 100, 0.6)
    assert stream.resting
    assert (joints[-10:] == joints[-1]).all()
    # No farther than it had to.
    tool = [KINEMATICS[name].forward(row).translation.copy() for row in (commands[-1], joints[-1])]
    assert np.linalg.norm(tool[1] - tool[0]) < 0.04
    require_within(name, joints, 100)


def _rows(size: float) -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(-size, size), min_size=7, max_size=7)


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(sorted(ROBOTS)),
    rate=st.sampled_from([100, 125, 500]),
    actions=st.lists(_rows(0.0144), min_size=1, max_size=25),
    jumps=st.lists(_rows(2.0), max_size=3),
)
def test_whatever_is_commanded_all_set_points_are_within_all_limits(
    name: str, rate: int, actions: list[list[float]], jumps: list[list[float]]
) -> None:
    """Commands as the action path gives them, then others that no path would give."""
    commands, count = walked(name, actions), len(KINEMATICS[name].home)
    commands += [commands[-1] + np.array(jump[:count]) for jump in jumps]
    require_within(name, played(stream_of(name, rate), commands, rate, 0.4), rate)


def bent(states: Sequence[JointState], period: float) -> tuple[Vector, Vector]:
    """(n,) the most acceleration and jerk of a controller that plays the quintic from each state to
    the next, which tells positions, velocities and accelerations at its ends.
    """
    powers, share = np.arange(6), np.linspace(0.0, 1.0, 21)[:, None]
    rows = np.array([_derivative(powers, at, order) for at in (0.0, 1.0) for order in range(3)])
    curves = np.linalg.inv(rows)
    told = [np.array([s.joints, s.velocity * period, s.acceleration * period**2]) for s in states]
    most = [np.zeros(told[0].shape[1])] * 2
    for begin, end in pairwise(told):
        curve = curves @ np.concatenate([begin, end])
        found = (_derivative(powers, share, k) @ curve / period**k for k in (2, 3))
        most = [np.maximum(so_far, np.abs(one).max(0))
                for so_far, one in zip(most, found, strict=True)]  # fmt: skip
    return most[0], most[1]


def _derivative(powers: Vector, at: Vector | float, order: int) -> Vector:
    """Of every power at a place."""
    factor = np.prod([powers - k for k in range(order)], axis=0)
    return factor * at ** np.maximum(powers - order, 0)


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(sorted(ROBOTS)),
    rate=st.sampled_from([100, 125, 500]),
    actions=st.lists(_rows(0.0144), min_size=1, max_size=25),
)
def test_what_is_played_between_set_points_is_within_limits_too(
    name: str, rate: int, actions: list[list[float]]
) -> None:
    stream, limits = stream_of(name, rate), ROBOTS[name].limits
    states = [stream.state]
    for command in walked(name, actions):
        stream.follow(command, DT)
        states += [stream.advance() for _ in range(round(DT * rate))]
    states += stream.ahead()
    acceleration, jerk = bent(states, 1.0 / rate)
    scale = limits.dynamics_scale * (1.0 + 1e-6)
    assert (acceleration <= scale * np.array(limits.acceleration)).all()
    assert (jerk <= scale * np.array(limits.jerk)).all()


@pytest.mark.parametrize("foul", [np.nan, np.inf])
def test_foul_commands_are_refused_and_it_comes_to_rest(foul: float) -> None:
    stream = stream_of("panda")
    played(stream, walked("panda", [[0.01, 0, 0, 0, 0, 0, 1]] * 8), 100, 0.0)
    verdict = stream.follow(np.full(7, foul), DT)
    assert (verdict.accepted, verdict.limit) == (False, "finite")
    assert verdict.reason.endswith("are not 7 finite joint positions")
    assert not stream.follow(np.zeros(6), DT).accepted
    require_within("panda", played(stream, [], 100, 0.5), 100)
    assert stream.resting


@pytest.mark.parametrize(
    ("joints", "limit"),
    [
        (np.array([0.0, 1.2, 0.0, -0.2, 0.0, 1.5, 0.0]), "workspace"),
        (np.array([0.0, -0.25, 0.0, -2.35, 0.0, 2.1, 2.89]), "joint_position"),
        (np.full(7, np.nan), "finite"),
    ],
)
def test_from_where_the_arm_may_not_be_no_command_leads_away(joints: Vector, limit: str) -> None:
    stream = stream_of("panda")
    assert stream.reset(joints).limit == limit
    stream.follow(KINEMATICS["panda"].home, DT)
    found = played(stream, [KINEMATICS["panda"].home] * 3, 100, 0.1)
    assert (found == found[0]).all()
    assert stream.reset(KINEMATICS["panda"].home).accepted


def test_it_stops_in_front_of_what_stands_there_and_says_so() -> None:
    limits = ROBOTS["panda"].limits
    post = Workspace(lower=(0.55, -0.5, 0.0), upper=(0.60, 0.5, 0.3))
    limits = limits.model_copy(update={"keep_out": {"post": post}, "keep_out_margin": 0.06})
    stream = stream_of("panda", robot=ROBOTS["panda"].model_copy(update={"limits": limits}))
    forth = walked("panda", [[0.01, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]] * 20)
    joints = played(stream, forth, 100, 0.0)
    assert stream.verdict.limit == "keep_out"
    assert "the tool would be in post" in stream.verdict.reason
    reached = [KINEMATICS["panda"].forward(row).translation[0] for row in joints]
    assert 0.47 < max(reached) < 0.49
    back = played(stream, [*forth[::-1], *forth[:1] * 4], 100, 0.0)
    assert stream.verdict.accepted
    assert KINEMATICS["panda"].forward(back[-1]).translation[0] < 0.48


@pytest.mark.parametrize("seed", range(60))
def test_a_stop_cuts_no_corner_of_what_stands_there(seed: int) -> None:
    """Its tip lies on the way from one look at the stop to the next, which are both outside."""
    draw, robot, kinematics = np.random.default_rng(seed), ROBOTS["ur5e"], KINEMATICS["ur5e"]
    joints = kinematics.home + draw.uniform(-0.2, 0.2, 6)
    velocity = draw.uniform(-1.0, 1.0, 6)
    velocity *= 0.7 / np.linalg.norm(kinematics.moving(joints, velocity)[2][:3])
    state = JointState(joints, velocity, np.zeros(6))
    free = stream_of("ur5e").stop_from(state)
    if free is None:
        return
    way = [kinematics.forward(one.joints).translation.copy() for one in free]
    tip, to = way[2], np.sign(way[3] - way[1]) * [-1.0, 1.0, 0.0]
    ends = np.sort([tip - 2e-3 * to + [0.0, 0.0, -0.3], tip + 0.2 * to + [0.0, 0.0, 0.3]], axis=0)
    post = Workspace(lower=tuple(ends[0]), upper=tuple(ends[1]))
    limits = robot.limits.model_copy(
        update={"keep_out": {"post": post}, "keep_out_margin": 0.0, "collision_margin": None}
    )
    found = stream_of("ur5e", robot=robot.model_copy(update={"limits": limits})).stop_from(state)
    for one in found or []:
        place = kinematics.forward(one.joints).translation
        assert not ((place > ends[0]) & (place < ends[1])).all()


def test_what_lies_ahead_is_what_comes_if_nothing_else_is_commanded() -> None:
    stream = stream_of("panda")
    played(stream, walked("panda", [[0.01, 0.005, 0.0, 0.0, 0.0, 0.0, 1.0]] * 6), 100, 0.0)
    stream.follow(walked("panda", [[0.012, 0.005, 0.0, 0.0, 0.0, 0.0, 1.0]] * 7)[-1], DT)
    ahead = stream.ahead()
    assert len(ahead) > 10
    for state in ahead:
        assert (stream.advance().joints == state.joints).all()
    assert stream.resting
    assert stream.ahead() == []


def test_it_tells_how_far_it_is_behind() -> None:
    stream = stream_of("panda")
    assert stream.lag == 0.0
    stream.follow(KINEMATICS["panda"].home + 0.1, DT)
    assert stream.lag == pytest.approx(0.1)
    stream.brake()
    assert stream.lag == 0.0


def test_a_command_of_the_same_seed_gives_the_same_set_points() -> None:
    commands = walked("ur5e", [[0.01, 0.004, -0.01, 0.0, 0.02, 0.0, 1.0]] * 10)
    first, second = (played(stream_of("ur5e"), commands, 100, 0.2) for _ in range(2))
    assert (first == second).all()
