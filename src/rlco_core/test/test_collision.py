# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Collisions are seen before they happen, and what is remembered of distances changes nothing."""

from __future__ import annotations

from dataclasses import astuple

import coal
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rlco_core.bodies import Bodies
from rlco_core.collision import Clearances
from rlco_core.errors import ConfigError
from rlco_core.inspection import Inspector
from rlco_core.kinematics import Kinematics
from rlco_core.limits import Setpoint
from rlco_core.limits.collision import CollisionLimit
from rlco_core.robot import HullConfig, RobotConfig, Workspace
from rlco_core.setpoints import SetpointStream
from rlco_core.shapes import rounded_hull

Vector = np.ndarray
POST = Workspace(lower=(0.55, -0.5, 0.0), upper=(0.60, 0.5, 0.5))


def with_post(name: str, post: Workspace = POST) -> RobotConfig:
    robot = RobotConfig.load(name)
    limits = robot.limits.model_copy(update={"keep_out": {"post": post}, "keep_out_margin": 0.0})
    return robot.model_copy(update={"limits": limits})


ROBOTS = {name: with_post(name) for name in ("panda", "ur5e", "fr3")}
KINEMATICS = {name: Kinematics(robot) for name, robot in ROBOTS.items()}
CLEAR = {name: Clearances(robot, 0.01) for name, robot in ROBOTS.items()}
BODIES = Bodies(ROBOTS["ur5e"])


@st.composite
def postures(draw: st.DrawFn, name: str) -> Vector:
    low, high = KINEMATICS[name].lower, KINEMATICS[name].upper
    shares = draw(arrays(np.float64, len(low), elements=st.floats(0.0, 1.0)))
    return low + shares * (high - low)


def checked(name: str, joints: Vector, inset: float = 0.0) -> tuple[bool, str]:
    verdict = CollisionLimit(CLEAR[name], inset).check(Setpoint(joints, 0 * joints, np.zeros(3)))
    assert verdict.limit == ("" if verdict.accepted else "collision")
    return verdict.accepted, verdict.reason


@pytest.mark.parametrize("name", ["panda", "fr3", "ur5e"])
def test_home_is_free(name: str) -> None:
    assert Clearances(RobotConfig.load(name), 0.01).worst(KINEMATICS[name].home, 0.003) is None


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("panda", {1: 0.35}, "panda_link6 and post would overlap by 15 mm"),
        ("panda", {5: 0.0}, "panda_link5 and panda_hand would overlap by 6 mm"),
        ("ur5e", {1: 0.0, 2: 0.4}, "left_finger_link and table would overlap by 277 mm"),
        ("ur5e", {2: 2.8}, "base_link_inertia and gripper_base_link would overlap by 11 mm"),
        (
            "ur5e",
            {2: 2.7},
            "base_link_inertia and left_finger_link would be 0 mm apart, 10 allowed",
        ),
    ],
)
def test_a_verdict_names_the_pair(name: str, change: dict[int, float], reason: str) -> None:
    joints = KINEMATICS[name].home.copy()
    joints[list(change)] = list(change.values())
    assert checked(name, joints) == (False, reason)


def test_fingers_are_looked_at_open_and_closed() -> None:
    """0.15 m and 9 mm of tips lie between the last link and the table; tips are 0.1 m apart."""
    joints = KINEMATICS["ur5e"].home
    height = KINEMATICS["ur5e"].forward(joints).translation[2] - 0.009
    names, found = CLEAR["ur5e"].names, CLEAR["ur5e"].distances(joints)
    tips = [found[n] for n, pair in enumerate(names) if pair == ("left_finger_link", "table")]
    assert min(tips) == pytest.approx(height, abs=1e-6)
    boxes = [found[n] for n, pair in enumerate(names) if pair == ("left_finger_link", "post")]
    assert min(boxes) < 0.55 - KINEMATICS["ur5e"].forward(joints).translation[0]


@settings(max_examples=150)
@given(postures("ur5e"))
def test_what_the_urdf_says_is_too_near_is_refused(joints: Vector) -> None:
    if BODIES.too_near(joints):
        assert not checked("ur5e", joints)[0]


@settings(max_examples=60)
@given(st.data(), st.sampled_from(sorted(ROBOTS)))
def test_what_is_remembered_changes_nothing(data: st.DataObject, name: str) -> None:
    """A walk of many steps, with the same answers as one that looks at everything every time."""
    steps = st.floats(-0.05, 0.05)
    joints, watched = data.draw(postures(name)), CLEAR[name]
    for _ in range(12):
        joints = joints + data.draw(arrays(np.float64, len(joints), elements=steps))
        near = watched.distances(joints) - watched.least(0.001)
        found = watched.worst(joints, 0.001)
        assert (found is None) == bool(near.min() >= 0.0)
        if found is not None:
            assert found.apart - found.allowed == pytest.approx(near.min(), abs=1e-9)


@settings(max_examples=60)
@given(st.data(), st.sampled_from(sorted(ROBOTS)))
def test_no_distance_changes_by_more_than_is_said(data: st.DataObject, name: str) -> None:
    start, end = data.draw(postures(name)), data.draw(postures(name))
    end = start + 0.1 * (end - start)
    one, other = CLEAR[name].distances(start), CLEAR[name].distances(end)
    apart = (one > 0.0) & (other > 0.0)
    most = CLEAR[name].most_change(end - start)
    assert (np.abs(one - other) <= most + 1e-6)[apart].all()


@settings(max_examples=100)
@given(arrays(np.float64, (5, 3), elements=st.floats(-0.2, 0.2)), st.floats(0.01, 0.1))
def test_a_hull_of_spheres_has_their_height_over_a_plane(points: Vector, radius: float) -> None:
    plane = coal.Halfspace(np.array([0.0, 0.0, 1.0]), -1.0)
    asked, found = coal.DistanceRequest(), coal.DistanceResult()
    here = coal.Transform3s()
    apart = coal.distance(rounded_hull(points, radius), here, plane, here, asked, found)
    assert apart == pytest.approx(points[:, 2].min() - radius + 1.0, abs=1e-6)


@pytest.mark.parametrize("name", ["panda", "ur5e"])
def test_a_stream_stops_in_front_of_the_post_with_its_hand_and_gets_away(name: str) -> None:
    robot, kinematics = ROBOTS[name], KINEMATICS[name]
    stream, turn = SetpointStream(robot, kinematics, 0.01), np.zeros(len(kinematics.home))
    assert stream.reset(kinematics.home).accepted
    forth = [kinematics.home + step * _ahead(name) for step in np.linspace(0.0, 0.4, 60)]
    given = [kinematics.home + turn]
    for command in forth:
        stream.follow(command, 0.05)
        given += [stream.advance().joints for _ in range(5)]
    assert stream.verdict.limit == "collision"
    assert " and post would be " in stream.verdict.reason
    for command in (*forth[::-1], *[forth[0]] * 25):
        stream.follow(command, 0.05)
        given += [stream.advance().joints for _ in range(5)]
    assert stream.verdict.accepted
    assert given[-1] == pytest.approx(kinematics.home, abs=1e-3)
    bodies = BODIES if name == "ur5e" else None
    beyond = Inspector(robot, kinematics, 100, bodies).count(np.array(given))
    assert not any(beyond.values()), beyond


def _ahead(name: str) -> Vector:
    """Joints that move the tool along x from home."""
    jacobian, tool = KINEMATICS[name].jacobian(KINEMATICS[name].home), KINEMATICS[name].forward
    along = tool(KINEMATICS[name].home).rotation.T @ np.array([1.0, 0.0, 0.0])
    return np.linalg.pinv(jacobian) @ np.array([*along, 0.0, 0.0, 0.0])


def test_a_box_at_home_is_not_taken_for_a_neighbour() -> None:
    tool = KINEMATICS["panda"].forward(KINEMATICS["panda"].home).translation
    at_home = Workspace(lower=tuple(tool - 0.02), upper=tuple(tool + 0.02))
    robot = with_post("panda", at_home)
    verdict = SetpointStream(robot, KINEMATICS["panda"], 0.01).reset(KINEMATICS["panda"].home)
    assert not verdict.accepted


@pytest.mark.parametrize(
    ("hulls", "named"),
    [
        ({}, "panda: panda_link0 collides as a mesh; give it a hull of spheres in 'hulls', or"),
        (
            {"nose": HullConfig(radius=0.1, points=((0, 0, 0),))},
            "a hull for 'nose', which is no link",
        ),
    ],
)
def test_robots_without_shapes_say_what_is_missing(
    hulls: dict[str, HullConfig], named: str
) -> None:
    robot = ROBOTS["panda"]
    broken = robot.model_copy(update={"hulls": {**robot.hulls, **hulls} if hulls else {}})
    with pytest.raises(ConfigError, match=named):
        Clearances(broken, 0.01)


def test_without_a_margin_nothing_is_watched() -> None:
    limits = ROBOTS["panda"].limits.model_copy(update={"collision_margin": None})
    robot = ROBOTS["panda"].model_copy(update={"limits": limits, "hulls": {}})
    stream = SetpointStream(robot, KINEMATICS["panda"], 0.01)
    assert stream.reset(KINEMATICS["panda"].home).accepted


def test_what_is_near_is_told_in_metres() -> None:
    near = CLEAR["ur5e"].worst(KINEMATICS["ur5e"].home, 1.0)
    assert near is not None
    assert astuple(near)[:2] in CLEAR["ur5e"].names
    assert near.allowed in (1.0, 1.01)
