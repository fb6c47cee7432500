# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What devices say in another frame, or what is no number, is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from desk import PANDA
from geometry_msgs.msg import PoseStamped, TwistStamped
from sensor_msgs.msg import JointState

from rlco_core.errors import ConfigError
from rlco_core.kinematics import Kinematics
from rlco_teleop.convert import pose_from_message, told_from_message, velocity_from_message

BASE = "panda_link0"


def twist(frame: str = BASE, x: float = 0.1) -> TwistStamped:
    message = TwistStamped()
    message.header.frame_id = frame
    message.twist.linear.x, message.twist.angular.z = x, 0.2
    return message


@pytest.mark.parametrize("frame", ["", BASE])
def test_twists_are_in_the_base_frame(frame: str) -> None:
    velocity = velocity_from_message(twist(frame), BASE)
    assert velocity.tolist() == [0.1, 0.0, 0.0, 0.0, 0.0, 0.2]


def test_another_frame_is_refused() -> None:
    with pytest.raises(ConfigError, match="in frame 'camera'; it should be 'panda_link0'"):
        velocity_from_message(twist("camera"), BASE)


@pytest.mark.parametrize("x", [math.nan, math.inf])
def test_what_is_no_number_is_refused(x: float) -> None:
    with pytest.raises(ConfigError, match="a twist has a value that is not finite"):
        velocity_from_message(twist(x=x), BASE)


def test_poses_have_an_orientation_of_any_length() -> None:
    message = PoseStamped()
    message.pose.position.x = 1.0
    message.pose.orientation.w, message.pose.orientation.z = 2.0, 2.0
    pose = pose_from_message(message, BASE)
    assert pose.translation.tolist() == [1.0, 0.0, 0.0]
    np.testing.assert_allclose(pose.rotation[:, 0], [0.0, 1.0, 0.0], atol=1e-12)


def test_a_pose_without_orientation_is_refused() -> None:
    message = PoseStamped()
    message.pose.orientation.w = 0.0
    with pytest.raises(ConfigError, match="a pose has no orientation"):
        pose_from_message(message, BASE)


def test_where_the_arm_is_told_to_be() -> None:
    names = [*PANDA.joint_names, "panda_finger_joint1"]
    message = JointState(name=names, position=[*PANDA.home, 0.01])
    kinematics = Kinematics(PANDA)
    told = told_from_message(message, names, PANDA, kinematics)
    home = kinematics.forward(np.array(PANDA.home))
    np.testing.assert_array_equal(told.target.translation, home.translation)
    assert told.opening == 0.25
    message.position[0] = math.nan
    with pytest.raises(ConfigError, match="panda_joint1 is nan"):
        told_from_message(message, names, PANDA, kinematics)
