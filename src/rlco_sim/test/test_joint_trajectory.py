# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""joint_trajectory_controller as the drivers run it: what it takes, how it plays, how goals end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from cycles import MS, NAMES, NOW, Arm, point
from hypothesis import given, settings
from hypothesis import strategies as st

from rlco_core.errors import ConfigError
from rlco_sim.machine.joint_trajectory import Code, Habits, JointTrajectoryController
from rlco_sim.machine.tolerances import Tolerances
from rlco_sim.trajectory import Point

LOOSE = Tolerances.same(2, 0.2, 0.1)
AWAY = [point(100, 1.0, 2.0)]


def arm(tolerances: Tolerances = LOOSE, **habits: Any) -> Arm:
    log: list[str] = []
    made = Arm(JointTrajectoryController("jtc", NAMES, Habits(tolerances, **habits), log.append))
    made.log = log
    return made


def goal_of(arm: Arm, points: Sequence[Point] = AWAY, **more: Any) -> Any:
    arm.controller.judge(NAMES, points, 0, arm.now)
    return arm.controller.begin(NAMES, points, 0, arm.now, **more)


def test_by_topic_it_moves_to_the_point_and_holds() -> None:
    one = arm()
    one.controller.take(["b", "a"], [point(100, 2.0, 1.0)], 0, NOW)
    one.run(50)
    assert one.joints == pytest.approx([0.5, 1.5], abs=0.011)
    one.run(500)
    assert one.joints.tolist() == [1.0, 2.0]


def test_a_point_that_is_due_at_once_is_a_step() -> None:
    one = arm()
    one.controller.take(NAMES, [point(0, 0.1, 0.9)], 0, NOW)
    one.run(2)
    assert one.joints.tolist() == [0.1, 0.9]


def test_a_stamp_in_the_future_lets_it_move_at_once_and_slower() -> None:
    one = arm()
    one.controller.take(NAMES, AWAY, NOW + 100 * MS, NOW)
    one.run(100)
    assert one.joints[0] == pytest.approx(0.5, abs=0.01)


def test_a_new_trajectory_replaces_the_old_and_begins_where_it_is_measured() -> None:
    one = arm(Tolerances.none(2))
    one.controller.take(NAMES, AWAY, 0, NOW)
    one.run(50)
    one.joints = np.array([0.3, 1.3])
    one.controller.take(NAMES, [point(100, 0.0, 1.0)], 0, one.now)
    one.run(2)
    assert one.joints == pytest.approx([0.3, 1.3], abs=0.01)


def test_or_where_it_was_commanded_to_be() -> None:
    one = arm(Tolerances.none(2), from_desired=True)
    one.controller.take(NAMES, AWAY, 0, NOW)
    one.run(50)
    one.joints = np.array([0.3, 1.3])
    one.controller.take(NAMES, [point(100, 0.0, 1.0)], 0, one.now)
    one.run(2)
    assert one.joints == pytest.approx([0.5, 1.5], abs=0.02)


def test_accelerations_without_velocities_lead_to_zero() -> None:
    one = arm(Tolerances.none(2))
    rows = {"accelerations": [0.0, 0.0]}
    one.controller.take(NAMES, [point(10, 0.1, 1.0, **rows), point(50, 0.2, 1.0, **rows)], 0, NOW)
    one.run(20)
    assert one.joints.tolist() == [0.0, 0.0]


def test_its_time_passes_as_fast_as_the_robot_runs_if_it_is_scaled() -> None:
    plain, scaled = arm(), arm(scaled=True)
    for one in (plain, scaled):
        one.controller.take(NAMES, AWAY, 0, NOW)
        one.scaling = 0.5
        one.run(100)
    assert plain.joints[0] == pytest.approx(1.0)
    assert scaled.joints[0] == pytest.approx(0.5, abs=0.02)
    scaled.scaling = 0.0
    scaled.run(500)
    assert scaled.joints[0] == pytest.approx(0.5, abs=0.03)


def test_a_goal_succeeds_once_all_joints_are_there() -> None:
    one = arm()
    goal = goal_of(one)
    one.run(98)
    assert goal.code is None
    one.run(10)
    assert goal.code is Code.SUCCESSFUL
    one.stuck, one.joints = True, np.array([5.0, 5.0])
    one.run(100)
    assert not one.log, "what is held after a success has no tolerances"


def test_an_arm_that_strays_ends_the_goal_and_is_held_where_it_is() -> None:
    one = arm()
    goal = goal_of(one)
    one.stuck = True
    one.run(26)
    assert goal.code is Code.PATH_TOLERANCE_VIOLATED
    assert "left its path" in goal.reason
    assert one.told is not None
    assert one.told.values.tolist() == [0.0, 1.0]
    assert one.log == ["jtc stops: the arm left its path by too much"]


def test_a_goal_that_is_not_reached_in_time_is_aborted() -> None:
    one = arm(Tolerances(np.zeros(2), np.full(2, 0.1)))
    goal = goal_of(one, change=lambda own: own.changed(NAMES, {}, {}, 0.2))
    one.stuck = True
    one.run(290)
    assert goal.code is None
    one.run(20)
    assert goal.code is Code.GOAL_TOLERANCE_VIOLATED
    assert "within 0.2 s" in goal.reason


def test_without_a_time_it_waits_for_ever() -> None:
    one = arm(Tolerances(np.zeros(2), np.full(2, 0.1)))
    goal = goal_of(one)
    one.stuck = True
    one.run(5000)
    assert goal.code is None


def test_a_topic_replaces_what_is_played_and_leaves_the_goal() -> None:
    one = arm()
    goal = goal_of(one)
    one.run(20)
    one.controller.take(NAMES, [point(50, -1.0, 1.0)], 0, one.now)
    one.run(40)
    assert goal.code is None
    one.run(20)
    assert goal.code is Code.SUCCESSFUL
    assert one.joints[0] == -1.0


def test_another_goal_or_a_deactivation_ends_it() -> None:
    one = arm()
    first = goal_of(one)
    one.run(10)
    second = goal_of(one)
    assert (first.code, first.reason) == (Code.INVALID_GOAL, "another goal came")
    one.controller.deactivate()
    assert (second.code, second.reason) == (Code.INVALID_GOAL, "jtc was deactivated")
    with pytest.raises(ConfigError, match="jtc is not active; activate it first"):
        goal_of(one)


def test_a_canceled_goal_leaves_the_arm_where_it_is_measured() -> None:
    one = arm()
    goal = goal_of(one)
    one.run(50)
    where = one.joints.copy()
    one.controller.cancel()
    one.run(100)
    assert one.joints.tolist() == where.tolist()
    assert goal.code is None, "how a canceled goal ends is the action's"


def test_what_comes_while_it_is_inactive_is_looked_at_and_dropped() -> None:
    one = arm()
    one.controller.deactivate()
    one.controller.take(NAMES, AWAY, 0, NOW)
    with pytest.raises(ConfigError, match="has no points"):
        one.controller.take(NAMES, [], 0, NOW)
    one.controller.activate(one.joints)
    one.run(200)
    assert one.joints.tolist() == [0.0, 1.0]


def test_tolerances_of_a_goal_stay_for_topics_until_the_next_goal() -> None:
    one = arm()
    goal_of(one, change=lambda own: own.changed(NAMES, {"a": -1.0, "b": -1.0}, {}, 0.0))
    one.run(200)
    one.stuck = True
    one.controller.take(NAMES, [point(100, 0.0, 0.0)], 0, one.now)
    one.run(90)
    assert not one.log
    goal = goal_of(one, [point(100, 0.0, 0.0)])
    one.run(90)
    assert goal.code is Code.PATH_TOLERANCE_VIOLATED


@pytest.mark.parametrize(
    ("tolerances", "reason"),
    [
        (({"c": 0.1}, {}, 0.0), "tolerance of joint c; there are a, b"),
        (({}, {"a": -2.0}, 0.0), "tolerance of a is -2.0; it should be positive, 0 or -1"),
        (({}, {}, -3.0), "goal_time_tolerance is -3.0"),
    ],
)
def test_foul_tolerances_leave_its_own(tolerances: Any, reason: str) -> None:
    one = arm()
    goal = goal_of(one, change=lambda own: own.changed(NAMES, *tolerances))
    one.stuck = True
    one.run(30)
    assert goal.code is Code.PATH_TOLERANCE_VIOLATED
    assert reason in one.log[0]


def test_one_that_commands_torques_waits_until_the_arm_stands() -> None:
    one = arm(Tolerances(np.zeros(2), np.zeros(2), stopped=0.01), takes_effort=True)
    goal = goal_of(one)
    one.run(100)
    one.stuck, one.velocity = True, np.array([0.02, 0.0])
    one.run(100)
    assert goal.code is None
    one.velocity = np.zeros(2)
    one.run(4)
    assert goal.code is Code.SUCCESSFUL
    assert one.controller.claims == ("a/effort", "b/effort")


@settings(deadline=None, max_examples=40)
@given(
    times=st.lists(st.integers(1, 400), min_size=1, max_size=5, unique=True),
    scaling=st.floats(0.05, 1.0),
)
def test_however_slow_it_gets_there(times: list[int], scaling: float) -> None:
    one = arm(scaled=True)
    one.scaling = scaling
    points = [point(ms, 0.3 * k, 1.0) for k, ms in enumerate(sorted(times))]
    goal = goal_of(one, points, change=lambda own: own.changed(NAMES, {"a": -1.0}, {}, 0.0))
    one.run(round(max(times) / scaling) + 20)
    assert goal.code is Code.SUCCESSFUL
    assert one.joints.tolist() == points[-1].positions.tolist()
