# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of devices -> arrays. Messages never get past this module and the node."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pinocchio as pin
from geometry_msgs.msg import PoseStamped, TwistStamped
from numpy.typing import NDArray
from sensor_msgs.msg import JointState

from rlco_core.errors import ConfigError
from rlco_core.joint_states import positions_of
from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig
from rlco_teleop.operator import Told


def velocity_from_message(message: TwistStamped, base_frame: str) -> NDArray[np.float64]:
    """(6,) m/s and rad/s in the base frame.

    Raises:
        ConfigError: another frame, or a value that is not finite.
    """
    _require_frame(message.header.frame_id, base_frame)
    linear, angular = message.twist.linear, message.twist.angular
    return _finite([linear.x, linear.y, linear.z, angular.x, angular.y, angular.z], "a twist")


def pose_from_message(message: PoseStamped, base_frame: str) -> pin.SE3:
    """Of a leader in the base frame, or in one with the same axes.

    Raises:
        ConfigError: another frame, a value that is not finite, or no orientation.
    """
    _require_frame(message.header.frame_id, base_frame)
    place, turned = message.pose.position, message.pose.orientation
    row = _finite([place.x, place.y, place.z, turned.x, turned.y, turned.z, turned.w], "a pose")
    length = float(np.linalg.norm(row[3:]))
    if length < 0.5:
        raise ConfigError("a pose has no orientation; its quaternion should be of length 1")
    row[3:] /= length
    return pin.XYZQUATToSE3(row)


def told_from_message(
    message: JointState, names: Sequence[str], robot: RobotConfig, kinematics: Kinematics
) -> Told:
    """Where the arm and its first finger are told to be.

    Args:
        names: the arm's joints and a finger's, as the message calls them.

    Raises:
        ConfigError: a joint is missing or not finite.
    """
    positions = positions_of(message, names)
    target = kinematics.forward(positions[:-1]).copy()
    return Told(target, robot.gripper.opening(float(positions[-1])))


def _require_frame(frame: str, base_frame: str) -> None:
    if frame not in ("", base_frame):
        raise ConfigError(f"a device speaks in frame '{frame}'; it should be '{base_frame}'")


def _finite(values: Sequence[float], what: str) -> NDArray[np.float64]:
    row = np.array(values, np.float64)
    if not np.isfinite(row).all():
        raise ConfigError(f"{what} has a value that is not finite; all should be")
    return row
