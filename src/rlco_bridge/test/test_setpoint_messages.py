# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What every kind of controller is told at a set-point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pinocchio as pin
import pytest
from geometry_msgs.msg import PoseStamped, TwistStamped
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from rlco_bridge.controllers.setpoint_messages import STREAMED, setpoint_messages
from rlco_bridge.streaming.player import Setpoint
from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig

PANDA = RobotConfig.load("panda")
MODEL = Kinematics(PANDA)
NAMES = [f"left_{name}" for name in PANDA.joint_names]
BASE = "left_panda_link0"
VELOCITY = np.array([0.3, -0.2, 0.1, 0.4, -0.5, 0.2, 0.6])
MOVING = Setpoint(3_050_000_001, MODEL.home + 0.1, VELOCITY)


def messages(kind: str) -> Any:
    return setpoint_messages(kind, PANDA, NAMES, BASE)


def require_stamp(message: Any) -> None:
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (3, 50_000_001)


@pytest.mark.parametrize("kind", STREAMED)
def test_every_message_is_of_its_type_and_is_used_again(kind: str) -> None:
    made = messages(kind)
    first = made.make(MOVING)
    assert type(first) is made.type
    assert made.make(MOVING) is first


def test_forward_position() -> None:
    message = messages("forward_position").make(MOVING)
    assert isinstance(message, Float64MultiArray)
    assert list(message.data) == MOVING.joints.tolist()


def test_forward_velocity() -> None:
    message = messages("forward_velocity").make(MOVING)
    assert isinstance(message, Float64MultiArray)
    assert list(message.data) == VELOCITY.tolist()


def test_joint_target() -> None:
    message = messages("joint_target").make(MOVING)
    assert isinstance(message, JointState)
    require_stamp(message)
    assert message.name == NAMES
    assert list(message.position) == MOVING.joints.tolist()
    assert list(message.velocity) == VELOCITY.tolist()


def test_cartesian_pose() -> None:
    message = messages("cartesian_pose").make(MOVING)
    assert isinstance(message, PoseStamped)
    require_stamp(message)
    assert message.header.frame_id == BASE
    place, turn = message.pose.position, message.pose.orientation
    told = pin.XYZQUATToSE3(np.array([place.x, place.y, place.z, turn.x, turn.y, turn.z, turn.w]))
    assert told.isApprox(MODEL.forward(MOVING.joints), 1e-9)


def test_twist_is_how_the_pose_changes() -> None:
    message = messages("twist").make(MOVING)
    assert isinstance(message, TwistStamped)
    require_stamp(message)
    assert message.header.frame_id == BASE
    short = 1e-6
    before = MODEL.forward(MOVING.joints).copy()
    after = MODEL.forward(MOVING.joints + short * VELOCITY).copy()
    linear = (after.translation - before.translation) / short
    angular = pin.log3(after.rotation @ before.rotation.T) / short
    found = message.twist
    assert [found.linear.x, found.linear.y, found.linear.z] == pytest.approx(linear, abs=1e-4)
    assert [found.angular.x, found.angular.y, found.angular.z] == pytest.approx(angular, abs=1e-4)


@pytest.mark.parametrize("kind", ["forward_velocity", "twist"])
def test_at_rest_nothing_moves_on(kind: str) -> None:
    message = messages(kind).make(Setpoint(0, MODEL.home, np.zeros(7)))
    values = (
        list(message.data)
        if kind == "forward_velocity"
        else [message.twist.linear.x, message.twist.linear.y, message.twist.angular.z]
    )
    assert not any(values)


def test_which_kinds_can_do_what() -> None:
    made = {kind: messages(kind) for kind in STREAMED}
    assert {kind for kind in STREAMED if made[kind].lockstep} == {
        "forward_position",
        "joint_target",
    }
    assert {kind for kind in STREAMED if made[kind].persists} == {"forward_velocity", "twist"}
