# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Each limit: what just passes, what just does not, and the line that it says then."""

from __future__ import annotations

import numpy as np
import pytest

from rlco_core.limits import Motion, Setpoint
from rlco_core.limits.finite import FiniteLimit
from rlco_core.limits.joint_acceleration import JointAccelerationLimit
from rlco_core.limits.joint_jerk import JointJerkLimit
from rlco_core.limits.joint_position import JointPositionLimit
from rlco_core.limits.joint_velocity import JointVelocityLimit
from rlco_core.limits.keep_out import KeepOutLimit
from rlco_core.limits.speed import SpeedLimit
from rlco_core.limits.tool_speed import ToolSpeedLimit
from rlco_core.limits.workspace import WorkspaceLimit
from rlco_core.types import ACCEPTED, ACTION_COLUMNS, Verdict

DT = 0.05
NAMES = ("a", "b")


def setpoint(
    joints: tuple[float, float] = (0.0, 0.0),
    previous: tuple[float, float] = (0.0, 0.0),
    position: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Setpoint:
    velocity = (np.array(joints) - np.array(previous)) / DT
    return Setpoint(np.array(joints), velocity, np.array(position))


def motion(**parts: object) -> Motion:
    """At rest at the origin, but for ``parts``."""
    still = {"joints": (0.0, 0.0), "velocity": (0.0, 0.0), "acceleration": (0.0, 0.0)}
    rest = {**still, "jerk": (0.0, 0.0), "position": (0.0,) * 3, "elbow": (0.0,) * 3}
    return Motion(**{k: np.array(v) for k, v in {**rest, "twist": (0.0,) * 6, **parts}.items()})


@pytest.mark.parametrize("column", range(7))
@pytest.mark.parametrize("foul", [np.nan, np.inf, -np.inf])
def test_every_column_must_be_finite(column: int, foul: float) -> None:
    action = np.zeros(7)
    action[column] = foul
    reason = f"action {ACTION_COLUMNS[column]} is {foul}, not finite"
    assert FiniteLimit().check(action, DT) == Verdict(False, "finite", reason)


@pytest.mark.parametrize("shape", [(), (6,), (8,), (1, 7), (4, 7), (0,)])
def test_an_action_is_one_row(shape: tuple[int, ...]) -> None:
    reason = f"action has shape {shape}, not (7,)"
    assert FiniteLimit().check(np.zeros(shape), DT) == Verdict(False, "finite", reason)


def test_finite_actions_of_any_size_are_for_other_limits() -> None:
    assert FiniteLimit().check(np.full(7, 1e30), DT) is ACCEPTED


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ([0.03, 0.04, 0, 0, 0, 0, 0], "1.00 m/s asked, 0.5 m/s allowed"),
        ([0.0255, 0, 0, 0, 0, 0, 0], "0.51 m/s asked, 0.5 m/s allowed"),
        ([0, 0, 0, 0, -0.1, 0, 0], "2.00 rad/s asked, 1.5 rad/s allowed"),
        ([0, 0, 1e30, 0, 0, 0, 0], "m/s asked, 0.5 m/s allowed"),
    ],
)
def test_absurd_speeds_are_refused(action: list[float], reason: str) -> None:
    verdict = SpeedLimit(0.5, 1.5).check(np.array(action), DT)
    assert (verdict.accepted, verdict.limit) == (False, "speed")
    assert reason in verdict.reason


def test_the_speed_limit_itself_is_allowed_also_as_float32() -> None:
    action = np.array([0.025, 0, 0, 0, 0, 0.075, 1], np.float32).astype(np.float64)
    assert action[0] / DT > 0.5  # rounded up on the way, which is nobody's fault
    assert SpeedLimit(0.5, 1.5).check(action, DT).accepted


def test_the_gripper_has_no_speed() -> None:
    assert SpeedLimit(0.5, 1.5).check(np.array([0, 0, 0, 0, 0, 0, 1e6]), DT).accepted


def test_speed_is_per_time() -> None:
    action = np.array([0.04, 0, 0, 0, 0, 0, 0])
    assert not SpeedLimit(0.5, 1.5).check(action, 0.05).accepted
    assert SpeedLimit(0.5, 1.5).check(action, 0.1).accepted


@pytest.mark.parametrize(
    ("joints", "reason"),
    [
        ((0.9, -1.9), ""),
        ((0.91, 0.0), "a would be 0.910 rad, outside -0.900..0.900"),
        ((0.0, -1.95), "b would be -1.950 rad, outside -1.900..2.900"),
        ((0.0, np.nan), "b would be nan rad"),
    ],
)
def test_joints_keep_their_distance_from_the_stops(
    joints: tuple[float, float], reason: str
) -> None:
    limit = JointPositionLimit(NAMES, [-1.0, -2.0], [1.0, 3.0], margin=0.1)
    verdict = limit.check(setpoint(joints))
    assert verdict.accepted is (reason == "")
    assert verdict.limit == ("joint_position" if reason else "")
    assert verdict.reason.startswith(reason)


@pytest.mark.parametrize(
    ("joints", "reason"),
    [
        ((1.05, 2.10), ""),
        ((0.95, 1.90), ""),
        ((1.06, 2.0), "a would move at 1.20 rad/s, 1.00 allowed"),
        ((1.0, 1.85), "b would move at 3.00 rad/s, 2.00 allowed"),
        ((1.06, 2.3), "b would move at 6.00 rad/s, 2.00 allowed"),
        ((1.0, np.nan), "b would move at nan rad/s, 2.00 allowed"),
        ((-np.inf, 2.0), "a would move at inf rad/s, 1.00 allowed"),
    ],
)
def test_joints_keep_their_speed(joints: tuple[float, float], reason: str) -> None:
    verdict = JointVelocityLimit(NAMES, [1.0, 2.0]).check(setpoint(joints, (1.0, 2.0)))
    assert verdict.accepted is (reason == "")
    assert (verdict.limit, verdict.reason) == ("joint_velocity" if reason else "", reason)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_command_for_another_number_of_joints_is_a_mistake_of_the_caller(count: int) -> None:
    wrong = Setpoint(np.zeros(count), np.zeros(count), np.zeros(3))
    for limit in (
        JointPositionLimit(NAMES, [-1, -1], [1, 1], margin=0.1),
        JointVelocityLimit(NAMES, [1, 1]),
    ):
        with pytest.raises(ValueError, match=r"zip\(\) argument"):
            limit.check(wrong)


@pytest.mark.parametrize(
    ("position", "reason"),
    [
        ((0.0, 0.0, -0.009), ""),
        ((1.009, -1.009, 2.009), ""),
        ((1.02, 0.0, 0.0), "x would be 1.020 m, outside -1.010..1.010"),
        ((0.0, -1.5, 0.0), "y would be -1.500 m, outside -1.010..1.010"),
        ((0.0, 0.0, -0.02), "z would be -0.020 m, outside -0.010..2.010"),
        ((0.0, 0.0, np.nan), "z would be nan m, outside -0.010..2.010"),
    ],
)
def test_the_end_effector_stays_in_its_box(
    position: tuple[float, float, float], reason: str
) -> None:
    limit = WorkspaceLimit([-1, -1, 0], [1, 1, 2], margin=0.01)
    verdict = limit.check(setpoint(position=position))
    assert verdict.accepted is (reason == "")
    assert (verdict.limit, verdict.reason) == ("workspace" if reason else "", reason)


@pytest.mark.parametrize(
    ("limit", "rate", "unit"),
    [
        (JointVelocityLimit, "velocity", "rad/s"),
        (JointAccelerationLimit, "acceleration", "rad/s^2"),
        (JointJerkLimit, "jerk", "rad/s^3"),
    ],
)
def test_every_rate_of_a_joint_has_its_bound(limit: type, rate: str, unit: str) -> None:
    bounded = limit(NAMES, [1.0, 20.0])
    assert bounded.check(motion(**{rate: (1.0, -20.0)})).accepted
    verdict = bounded.check(motion(**{rate: (0.5, -21.0)}))
    assert verdict == Verdict(
        False, f"joint_{rate}", f"b would move at 21.00 {unit}, 20.00 allowed"
    )
    assert not bounded.check(motion(**{rate: (np.nan, 0.0)})).accepted


@pytest.mark.parametrize(
    ("twist", "reason"),
    [
        ((0.3, 0.4, 0.0, 0.0, 0.0, -2.0), ""),
        ((0.3, 0.0, -0.5, 0.0, 0.0, 0.0), "0.58 m/s at the tool, 0.5 m/s allowed"),
        ((0.0, 0.0, 0.0, 2.0, 2.0, 0.0), "2.83 rad/s at the tool, 2.0 rad/s allowed"),
        ((0.0, np.nan, 0.0, 0.0, 0.0, 0.0), "nan m/s at the tool, 0.5 m/s allowed"),
    ],
)
def test_the_tool_keeps_its_speed(twist: tuple[float, ...], reason: str) -> None:
    verdict = ToolSpeedLimit(0.5, 2.0).check(motion(twist=twist))
    assert (verdict.accepted, verdict.reason) == (reason == "", reason)


@pytest.mark.parametrize("part", ["tool", "elbow"])
@pytest.mark.parametrize(
    ("place", "inside"),
    [
        ((0.5, 0.5, 0.5), True),
        ((1.09, 0.5, -0.09), True),
        ((1.11, 0.5, 0.5), False),
        ((0.5, -0.11, 0.5), False),
    ],
)
def test_tool_and_elbow_stay_out_of_what_stands_there(
    part: str, place: tuple[float, float, float], inside: bool
) -> None:
    limit = KeepOutLimit({"post": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))}, margin=0.1)
    far = (9.0, 9.0, 9.0)
    key, other = ("position", "elbow") if part == "tool" else ("elbow", "position")
    verdict = limit.check(motion(**{key: place, other: far}))
    where = ", ".join(f"{value:.3f}" for value in place)
    reason = f"the {part} would be in post, at {where} m" if inside else ""
    assert (verdict.accepted, verdict.reason) == (not inside, reason)
