# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The trajectory controller of the simulated robot: what it rejects, and where it is when."""

from __future__ import annotations

import numpy as np
import pytest
from cycles import MS, NAMES, NOW, point

from rlco_core.errors import ConfigError
from rlco_sim.trajectory import Point
from rlco_sim.trajectory_controller import TrajectoryController


def controller() -> TrajectoryController:
    return TrajectoryController(NAMES, np.array([0.0, 1.0]))


def test_it_holds_until_it_is_told_otherwise_and_after_the_last_point() -> None:
    arm = controller()
    assert arm.at(NOW).joints.tolist() == [0.0, 1.0]
    arm.accept(NAMES, [point(50, 0.1, 0.9)], NOW, NOW)
    assert arm.at(NOW + 50 * MS).joints.tolist() == [0.1, 0.9], "to the bit"
    late = arm.at(NOW + 900 * MS)
    assert late.joints.tolist() == [0.1, 0.9]
    assert not late.velocity.any()


def test_between_positions_the_way_is_straight_from_where_it_was_when_told() -> None:
    arm = controller()
    arm.accept(["b", "a"], [point(100, 3.0, 1.0), point(200, 3.0, 2.0)], 0, NOW)
    assert arm.at(NOW + 50 * MS).joints == pytest.approx([0.5, 2.0])
    assert arm.at(NOW + 150 * MS).joints == pytest.approx([1.5, 3.0])
    assert arm.at(NOW + 150 * MS).velocity == pytest.approx([10.0, 0.0])


def test_a_new_trajectory_replaces_the_one_before_wherever_that_is() -> None:
    arm = controller()
    arm.accept(NAMES, [point(100, 1.0, 1.0), point(200, 9.0, 9.0)], NOW, NOW)
    arm.accept(NAMES, [point(100, 0.0, 1.0)], 0, NOW + 50 * MS)
    assert arm.at(NOW + 50 * MS).joints == pytest.approx([0.5, 1.0])
    assert arm.at(NOW + 100 * MS).joints == pytest.approx([0.25, 1.0])
    assert arm.at(NOW + 900 * MS).joints.tolist() == [0.0, 1.0]


def test_a_trajectory_that_comes_late_is_played_from_where_it_is_by_then() -> None:
    arm = controller()
    arm.accept(NAMES, [point(10, 8.0, 8.0), point(60, 3.0, 3.0)], NOW, NOW + 20 * MS)
    assert arm.at(NOW + 20 * MS).joints == pytest.approx([7.0, 7.0])
    assert arm.at(NOW + 40 * MS).joints == pytest.approx([5.0, 5.0])


@pytest.mark.parametrize("order", [3, 5])
def test_with_velocities_and_accelerations_motion_is_smooth(order: int) -> None:
    """Points of a polynomial that such a spline can follow to the last digit."""
    curve = np.polynomial.Polynomial([0.0, 0.0, 0.0, 2.0, -1.0, 0.5][: order + 1])
    arm, still = controller(), [0.0]

    def on(t: float) -> Point:
        rows = {"velocities": [curve.deriv(1)(t), *still]}
        if order == 5:
            rows["accelerations"] = [curve.deriv(2)(t), *still]
        return point(1000 * t, curve(t), 1.0, **rows)

    rest = {"velocities": [0.0, 0.0]}
    if order == 5:
        rest["accelerations"] = [0.0, 0.0]
    arm.accept(NAMES, [on(0.2), on(0.5), on(0.6), point(2000, 1.0, 1.0, **rest)], NOW, NOW)
    for t in (0.1, 0.2, 0.33, 0.5, 0.58) if order == 5 else (0.1, 0.2, 0.33, 0.5):
        state = arm.at(NOW + round(1000 * t) * MS)
        assert state.joints[0] == pytest.approx(curve(t), abs=1e-12)
        assert state.velocity[0] == pytest.approx(curve.deriv(1)(t), abs=1e-9)
        assert state.acceleration[0] == pytest.approx(curve.deriv(2)(t), abs=1e-6)


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ([], "has no points"),
        ([point(50, 0.0, np.nan)], "not finite"),
        ([point(50, 0.0, 0.0, effort=[1.0, 1.0])], "has efforts"),
        ([point(50, 0.0, 0.0, velocities=[0.1, 0.0])], "ends with a at 0.1 rad/s, not at rest"),
    ],
)
def test_what_it_rejects_changes_nothing(points: list[Point], reason: str) -> None:
    """All that is looked at is tested with the rules."""
    arm = controller()
    arm.accept(NAMES, [point(100, 1.0, 1.0)], NOW, NOW)
    with pytest.raises(ConfigError, match=reason):
        arm.accept(NAMES, points, NOW, NOW)
    assert arm.at(NOW + 100 * MS).joints.tolist() == [1.0, 1.0]


def test_a_trajectory_that_is_over_is_rejected_but_not_one_without_a_stamp() -> None:
    arm = controller()
    with pytest.raises(ConfigError, match=r"ended 0\.030 s ago"):
        arm.accept(NAMES, [point(50, 1.0, 1.0)], NOW, NOW + 80 * MS)
    arm.accept(NAMES, [point(50, 1.0, 1.0)], 0, NOW + 80 * MS)
    assert arm.at(NOW + 130 * MS).joints.tolist() == [1.0, 1.0]
