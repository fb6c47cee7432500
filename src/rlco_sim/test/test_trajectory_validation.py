# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Which trajectories controllers take, and what they say of the others."""

from __future__ import annotations

import numpy as np
import pytest
from cycles import MS, NAMES, NOW, point

from rlco_core.errors import ConfigError
from rlco_sim.trajectory import Point
from rlco_sim.trajectory_validation import require_sound, validated

POINTS = [point(100, 1.0, 2.0)]


@pytest.mark.parametrize(
    ("names", "points", "stamp", "reason"),
    [
        (["a"], [], 0, "has 1 joints, it should have 2"),
        (["a", "c"], [], 0, "has no points"),
        (["a", "c"], POINTS, 0, r"has joint c, it should have \[a, b\]"),
        (NAMES, [point(9, 0, 0, velocities=[0.0, 1e-6])], 1, "ends with b at 1e-06 rad/s"),
        (NAMES, [point(50, 0.0)], NOW - 80 * MS, r"ended 0\.030 s ago"),
        (NAMES, [point(50, 0, 0), point(50, 0.0)], 0, "increase from point 0 to point 1"),
        (NAMES, [point(50, 0.0, effort=[1.0])], 0, "point 0 should have 2 positions"),
        (NAMES, [point(50, 0, 0, accelerations=[0.0])], 0, "point 0 should have 2 positions"),
        (NAMES, [point(50, 0, 0, effort=[1.0, 1.0])], 0, "point 0 has efforts"),
    ],
)
def test_rules_are_looked_at_in_their_order(
    names: list[str], points: list[Point], stamp: int, reason: str
) -> None:
    """Every case breaks a later rule, too, where one can."""
    with pytest.raises(ConfigError, match=reason):
        validated(NAMES, names, points, stamp, NOW)


def test_nothing_else_is_looked_at() -> None:
    nan = float("nan")
    foul = [point(-5, nan, 1e9), point(1, 0, 0, velocities=[nan, 0.0])]
    assert len(validated(NAMES, NAMES, foul, 0, NOW)) == 2
    (twice,) = validated(NAMES, ["b", "b"], [point(5, 3.0, 4.0)], 0, NOW)
    assert twice.positions.tolist() == [0.0, 4.0]
    assert validated(NAMES, NAMES, [point(5, 0, 0, effort=[1.0, 1.0])], 0, NOW, takes_effort=True)


@pytest.mark.parametrize(
    ("names", "points", "reason"),
    [
        (["a", "a"], POINTS, r"joints \[a, a\]; it should have each once"),
        (NAMES, [*POINTS, point(200, 0.0, np.nan)], "point 1 has values that are not finite"),
        (NAMES, [point(50, 0, 0, velocities=[np.inf, 0.0]), *POINTS], "point 0 has values that"),
        (NAMES, [point(50, 0, 0, accelerations=[0.0, np.nan])], "point 0 has values that"),
    ],
)
def test_what_it_leaves_out_can_be_asked_for(
    names: list[str], points: list[Point], reason: str
) -> None:
    assert validated(NAMES, names, points, 0, NOW), "it takes them"
    with pytest.raises(ConfigError, match=reason):
        require_sound(names, points)


def test_points_come_in_the_order_of_the_joints() -> None:
    told = point(5, 3.0, 4.0, velocities=[0.0, 0.0], accelerations=[1.0, 2.0])
    require_sound(["b", "a"], [told])
    (placed,) = validated(NAMES, ["b", "a"], [told], 0, NOW)
    assert placed.positions.tolist() == [4.0, 3.0]
    assert placed.accelerations is not None
    assert placed.accelerations.tolist() == [2.0, 1.0]
    assert placed.after_ns == told.after_ns
