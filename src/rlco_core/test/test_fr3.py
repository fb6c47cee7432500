# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The FR3 is the one that its maker publishes, and slows down towards its stops as it asks for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pinocchio as pin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from rlco_core.inspection import Inspector
from rlco_core.kinematics import Kinematics
from rlco_core.limits import Setpoint
from rlco_core.limits.velocity_envelope import VelocityEnvelopeLimit
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig, VelocityEnvelope
from rlco_core.setpoints import SetpointStream

Vector = np.ndarray
FR3 = RobotConfig.load("fr3")
KINEMATICS = Kinematics(FR3)
ENVELOPE = FR3.limits.velocity_envelope
assert ENVELOPE is not None
FLANGE_TO_TCP = pin.SE3(pin.rpy.rpyToMatrix(0.0, 0.0, -np.pi / 4), np.array([0.0, 0.0, 0.2104]))
# a, d, alpha before joints 1 to 7 (Craig's convention), as published.
DENAVIT_HARTENBERG = (
    (0.0, 0.333, 0.0),
    (0.0, 0.0, -np.pi / 2),
    (0.0, 0.316, np.pi / 2),
    (0.0825, 0.0, np.pi / 2),
    (-0.0825, 0.384, -np.pi / 2),
    (0.0, 0.0, np.pi / 2),
    (0.088, 0.0, np.pi / 2),
)


def denavit_hartenberg(joints: Vector) -> pin.SE3:
    pose = pin.SE3.Identity()
    for angle, (a, d, alpha) in zip(joints, DENAVIT_HARTENBERG, strict=True):
        pose = pose * pin.SE3(pin.rpy.rpyToMatrix(alpha, 0.0, 0.0), np.array([a, 0.0, 0.0]))
        pose = pose * pin.SE3(pin.rpy.rpyToMatrix(0.0, 0.0, angle), np.array([0.0, 0.0, d]))
    return pose * FLANGE_TO_TCP


@given(arrays(np.float64, 7, elements=st.floats(-3.0, 3.0)))
def test_forward_kinematics_by_denavit_and_hartenberg(joints: Vector) -> None:
    expected = denavit_hartenberg(joints).homogeneous
    assert KINEMATICS.forward(joints).homogeneous == pytest.approx(expected, abs=1e-8)


def test_limits_are_those_of_the_data_sheet() -> None:
    assert KINEMATICS.lower.tolist() == [
        -2.7437,
        -1.7837,
        -2.9007,
        -3.0421,
        -2.8065,
        0.5445,
        -3.0159,
    ]
    assert KINEMATICS.upper.tolist() == [2.7437, 1.7837, 2.9007, -0.1518, 2.8065, 4.5169, 3.0159]
    assert KINEMATICS.velocity.tolist() == [2.62, 2.62, 2.62, 2.62, 5.26, 4.18, 5.26]
    assert (FR3.limits.acceleration, FR3.limits.jerk) == ((10.0,) * 7, (5000.0,) * 7)


def test_it_has_the_home_and_the_names_of_its_own() -> None:
    assert FR3.joint_names == tuple(f"fr3_joint{k}" for k in range(1, 8))
    panda = RobotConfig.load("panda")
    assert FR3.home == panda.home
    here = KINEMATICS.forward(KINEMATICS.home).homogeneous
    assert here == pytest.approx(Kinematics(panda).forward(KINEMATICS.home).homogeneous)


def at(joint: int, place: float, rate: float) -> Setpoint:
    joints, rates = KINEMATICS.home.copy(), np.zeros(7)
    joints[joint], rates[joint] = place, rate
    return Setpoint(joints, rates, np.zeros(3))


@pytest.mark.parametrize(
    ("joint", "place", "highest"),
    [
        (0, 2.70, -0.30 + np.sqrt(12.0 * 0.0501)),
        (3, -3.0, 0.30 - np.sqrt(8.0 * 0.0481)),
        (5, 4.4, -0.35 + np.sqrt(11.0 * 0.1205)),
        (5, 0.60, 0.35 - np.sqrt(11.0 * 0.05908)),
    ],
)
def test_towards_a_stop_speed_is_what_is_published(
    joint: int, place: float, highest: float
) -> None:
    limit = VelocityEnvelopeLimit(FR3.joint_names, ENVELOPE, 1.0, 0.0)
    assert limit.check(at(joint, place, 0.999 * highest)).accepted
    assert limit.check(at(joint, place, -2.0 * highest)).accepted, "away from it"
    verdict = limit.check(at(joint, place, 1.01 * highest))
    speed, most = abs(1.01 * highest), abs(highest)
    assert (verdict.limit, verdict.reason) == (
        "velocity_envelope",
        f"fr3_joint{joint + 1} would move at {speed:.2f} rad/s, {most:.2f} allowed at "
        f"{place:.3f} rad",
    )
    assert not limit.check(at(joint, place, np.nan)).accepted


def test_of_the_envelope_a_share_less_some_room_is_allowed() -> None:
    limit = VelocityEnvelopeLimit(FR3.joint_names, ENVELOPE, 0.5, 0.1)
    highest = 0.5 * (-0.30 + np.sqrt(12.0 * 0.2501)) - 0.1
    assert limit.check(at(0, 2.5, highest - 1e-3)).accepted
    assert not limit.check(at(0, 2.5, highest + 1e-3)).accepted
    assert limit.check(at(0, 2.75, 0.0)).accepted, "at rest it may be anywhere"


@settings(max_examples=100)
@given(st.integers(0, 6), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_nearer_to_a_stop_is_never_faster(joint: int, one: float, other: float) -> None:
    limit = VelocityEnvelopeLimit(FR3.joint_names, ENVELOPE, 1.0, 0.0)
    low, high = KINEMATICS.lower[joint], KINEMATICS.upper[joint]
    near, far = (low + max(one, other) * (high - low), low + min(one, other) * (high - low))
    for rate in np.linspace(0.0, 5.0, 11).tolist():
        if limit.check(at(joint, near, rate)).accepted:
            assert limit.check(at(joint, far, rate)).accepted


@settings(max_examples=15)
@given(arrays(np.float64, 7, elements=st.floats(-0.04, 0.04)), st.sampled_from([100, 500]))
def test_joints_that_are_driven_to_their_stops_slow_down(way: Vector, rate: int) -> None:
    stream, per = SetpointStream(FR3, KINEMATICS, 1.0 / rate), round(0.05 * rate)
    stream.reset(KINEMATICS.home)
    given_ = [KINEMATICS.home]
    for step in range(1, 40):
        joints = (KINEMATICS.home + step * way).clip(KINEMATICS.lower, KINEMATICS.upper)
        stream.follow(joints, 0.05)
        given_ += [stream.advance().joints for _ in range(per)]
    beyond = Inspector(FR3, KINEMATICS, rate).count(np.array(given_))
    assert not any(beyond.values()), beyond


def test_an_inspector_counts_what_is_too_fast_near_a_stop() -> None:
    rows = np.tile(KINEMATICS.home, (30, 1))
    rows[:, 0] = np.linspace(2.5, 2.7, 30)
    assert Inspector(FR3, KINEMATICS, 200).count(rows)["velocity_envelope"] > 0
    assert Inspector(FR3, KINEMATICS, 20).count(rows)["velocity_envelope"] == 0


def test_the_action_path_moves_it() -> None:
    path = ActionPath(FR3, 0.05)
    places = [path.target.translation]
    for _ in range(20):
        assert path.step(np.array([0.005, 0.0, -0.005, 0.0, 0.0, 0.0, 1.0])).verdict.accepted
        places.append(KINEMATICS.forward(path.command).translation.copy())
    steps = np.array([after - before for before, after in pairwise(places)])
    assert steps == pytest.approx(np.tile([0.005, 0.0, -0.005], (20, 1)), abs=1e-3)


def test_an_envelope_has_a_value_for_every_joint() -> None:
    short = VelocityEnvelope(slope=(1.0,), offset=(0.0,), lower=(0.0,), upper=(1.0,))
    limits = FR3.limits.model_copy(update={"velocity_envelope": short})
    with pytest.raises(ValidationError, match=r"velocity_envelope.slope has 1 values for 7 joints"):
        RobotConfig.model_validate({**FR3.model_dump(), "limits": limits.model_dump()})
