# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Near a singularity joints are slow on the way in, and free on the way out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rlco_core.inspection import Inspector
from rlco_core.kinematics import Kinematics
from rlco_core.limits import Setpoint
from rlco_core.limits.singularity import SingularityLimit
from rlco_core.robot import RobotConfig, SingularityConfig, Workspace
from rlco_core.setpoints import SetpointStream
from rlco_core.singularity import SlowDown

Vector = np.ndarray
ROOM = Workspace(lower=(-2.0, -2.0, -2.0), upper=(2.0, 2.0, 2.0))


def with_room(robot: RobotConfig) -> RobotConfig:
    """Without walls in front of its singularities."""
    limits = robot.limits.model_copy(update={"workspace": ROOM})
    return robot.model_copy(update={"limits": limits})


UR5E = with_room(RobotConfig.load("ur5e"))
KINEMATICS = Kinematics(UR5E)
HOME = KINEMATICS.home
FASTEST = np.full(6, 2.0)
NEAR = UR5E.limits.singularity or SingularityConfig(slow=0.1, stop=0.06)
SLOW = SlowDown(KINEMATICS, FASTEST, NEAR)
#: The fifth joint of a UR turns the hand; where it is 0, two axes of the wrist are parallel.
WRIST = np.array([0.0, 0.0, 0.0, 0.0, 1.0, 0.0])
JOINTS = arrays(np.float64, 6, elements=st.floats(-3.1, 3.1))
RATES = arrays(np.float64, 6, elements=st.floats(-3.0, 3.0))


def bent(wrist: float) -> Vector:
    """Home, with the wrist ``wrist`` rad from singular."""
    joints = HOME.copy()
    joints[4] = -wrist
    return joints


@settings(max_examples=200)
@given(JOINTS, st.floats(0.01, 0.5))
def test_the_quick_answer_is_the_exact_one(joints: Vector, least: float) -> None:
    value = float(np.linalg.svd(KINEMATICS.jacobian(joints), compute_uv=False)[-1])
    assert KINEMATICS.dexterity(joints) == value
    assume(abs(value - least) > 1e-6)
    assert KINEMATICS.is_dexterous(joints, least) == (value > least)


def test_a_singular_wrist_and_a_straight_elbow_have_nothing_left() -> None:
    assert KINEMATICS.dexterity(bent(0.0)) == pytest.approx(0.0, abs=1e-9)
    straight = HOME.copy()
    straight[2] = 0.0
    assert KINEMATICS.dexterity(straight) == pytest.approx(0.0, abs=1e-9)
    assert KINEMATICS.dexterity(HOME) > 0.2


@pytest.mark.parametrize(
    ("wrist", "rate", "accepted"),
    [(1.0, 2.0, True), (0.1, 0.5, False), (0.1, -0.5, True), (0.1, 0.0, True)],
)
def test_only_the_way_in_is_refused(wrist: float, rate: float, accepted: bool) -> None:
    joints = bent(wrist)
    limit = SingularityLimit(KINEMATICS, NEAR.stop)
    verdict = limit.check(Setpoint(joints, rate * WRIST, np.zeros(3)))
    assert verdict.accepted is accepted
    if not accepted:
        value = KINEMATICS.dexterity(joints)
        said = f"the arm would come nearer to a singularity, at {value:.3f}, 0.060 allowed"
        assert (verdict.limit, verdict.reason) == ("singularity", said)


@settings(max_examples=200)
@given(JOINTS, RATES)
def test_joints_keep_their_way_and_their_share(joints: Vector, wanted: Vector) -> None:
    size = np.abs(wanted).max()
    assume(size > 0.01)
    given_ = (SLOW.goal(joints, joints + 0.05 * wanted, 0.05) - joints) / 0.05
    expected = wanted * np.abs(given_).max() / size
    assert given_ == pytest.approx(expected, abs=1e-9)
    assert (np.abs(given_) <= np.abs(wanted) + 1e-9).all()
    value, ahead = map(KINEMATICS.dexterity, (joints, joints + 1e-4 / size * wanted))
    assume(abs(ahead - value) > 1e-8)
    if value > NEAR.slow or ahead > value:
        assert given_ == pytest.approx(wanted, abs=1e-9)
    else:
        share = max(value - NEAR.stop, 0.0) / (NEAR.slow - NEAR.stop)
        assert np.abs(given_ / FASTEST).max() <= share + 1e-9


def test_slow_joints_are_left_alone() -> None:
    middle = 0.5 * (NEAR.slow + NEAR.stop)
    wrists = np.linspace(0.5, 0.0, 500)
    joints = bent(next(wrist for wrist in wrists if KINEMATICS.dexterity(bent(wrist)) < middle))
    for rate, expected in ((0.9, 0.9), (2.0, 1.0)):
        moved = SLOW.goal(joints, joints + 0.05 * rate * WRIST, 0.05) - joints
        assert moved == pytest.approx(0.05 * expected * WRIST, rel=0.02)


@pytest.mark.parametrize("rate", [100, 500])
def test_a_stream_slows_down_stops_and_gets_away(rate: int) -> None:
    stream = SetpointStream(UR5E, KINEMATICS, 1.0 / rate)
    assert stream.reset(HOME).accepted
    wrists = np.linspace(-HOME[4], 0.0, 60)
    given_ = [HOME]
    for wrist in wrists:
        stream.follow(bent(wrist), 0.05)
        given_ += [stream.advance().joints for _ in range(round(0.05 * rate))]
    assert stream.lag == pytest.approx(abs(given_[-1][4]))
    assert (stream.verdict.accepted, stream.verdict.limit) == (False, "singularity")
    reached = KINEMATICS.dexterity(given_[-1])
    assert NEAR.stop <= reached < NEAR.stop + 0.02
    speeds = np.abs(np.diff([row[4] for row in given_])) * rate
    assert speeds.max() > 0.5
    assert speeds[-1] < 0.05
    for wrist in (*wrists[::-1], *[wrists[0]] * 10):
        stream.follow(bent(wrist), 0.05)
        given_ += [stream.advance().joints for _ in range(round(0.05 * rate))]
    assert stream.verdict.accepted
    assert given_[-1] == pytest.approx(HOME, abs=1e-3)
    beyond = Inspector(UR5E, KINEMATICS, rate).count(np.array(given_))
    assert not any(beyond.values()), beyond


def test_from_within_the_way_out_is_free() -> None:
    stream, inside = SetpointStream(UR5E, KINEMATICS, 0.01), bent(0.1)
    assert KINEMATICS.dexterity(inside) < NEAR.stop
    assert stream.reset(inside).accepted
    given_ = [inside]
    for wrist in np.linspace(0.1, 0.8, 30):
        stream.follow(bent(wrist), 0.05)
        given_ += [stream.advance().joints for _ in range(5)]
    assert stream.verdict.accepted
    assert given_[-1][4] < -0.6
    assert not any(Inspector(UR5E, KINEMATICS, 100).count(np.array(given_)).values())


def test_an_inspector_counts_what_goes_in() -> None:
    way_in = np.array([bent(wrist) for wrist in np.linspace(0.2, 0.1, 40)])
    inspector = Inspector(UR5E, KINEMATICS, 100)
    assert inspector.count(way_in)["singularity"] > 10
    assert inspector.count(way_in[::-1])["singularity"] == 0


def test_slow_comes_before_stop() -> None:
    with pytest.raises(ValueError, match=r"slow is 0\.05; it must be above stop, 0\.06"):
        SingularityConfig(slow=0.05, stop=0.06)
