# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Arrays <-> messages of the simulated robot. Messages never get past this module and the node."""

from __future__ import annotations

import array
from collections.abc import Sequence

import numpy as np
import pinocchio as pin
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped, WrenchStamped
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image, JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from rlco_core import profiles
from rlco_core.stamps import set_stamp, stamp_to_ns
from rlco_interfaces.msg import TaskState
from rlco_sim.camera import intrinsics
from rlco_sim.settings import CameraSettings
from rlco_sim.trajectory import Point


def time_message(stamp_ns: int) -> Time:
    """Integer nanoseconds as a time message."""
    return set_stamp(Time(), stamp_ns)


def joint_state_message(
    stamp_ns: int,
    names: Sequence[str],
    positions: NDArray[np.float64],
    velocities: NDArray[np.float64],
) -> JointState:
    """Joint names with (n,) positions, rad or m, and velocities per second."""
    message = JointState(name=list(names), position=positions.tolist())
    message.velocity = velocities.tolist()
    set_stamp(message.header.stamp, stamp_ns)
    return message


def merged_joint_states(first: JointState, second: JointState) -> JointState:
    """The joints of both, stamped as the second."""
    message = JointState(header=second.header, name=[*first.name, *second.name])
    message.position = [*first.position, *second.position]
    message.velocity = [*first.velocity, *second.velocity]
    return message


def image_message(stamp_ns: int, frame: str, image: NDArray[np.uint8]) -> Image:
    """(H, W, 3) uint8 RGB as an rgb8 image in the optical frame ``frame``."""
    height, width, _ = image.shape
    message = Image(height=height, width=width, encoding="rgb8", step=3 * width)
    message.header.frame_id = frame
    set_stamp(message.header.stamp, stamp_ns)
    # Only array.array is handed over without a copy per element.
    message.data = array.array("B", image.tobytes())
    return message


def camera_info_message(stamp_ns: int, frame: str, camera: CameraSettings) -> CameraInfo:
    """Intrinsics and distortion of the camera, as a calibrated driver would publish them."""
    matrix = intrinsics(camera)
    message = CameraInfo(height=camera.height, width=camera.width)
    message.header.frame_id = frame
    set_stamp(message.header.stamp, stamp_ns)
    message.distortion_model = "plumb_bob"
    message.d = list(camera.d)
    message.k = matrix.ravel().tolist()
    message.r = np.eye(3).ravel().tolist()
    message.p = np.column_stack([matrix, np.zeros(3)]).ravel().tolist()
    return message


def task_state_message(stamp_ns: int, step: int, success: bool) -> TaskState:
    """The simulator's judgement at ``stamp_ns``."""
    message = TaskState(step=step, success=success)
    set_stamp(message.header.stamp, stamp_ns)
    return message


def wrench_message(
    stamp_ns: int, frame: str, force: NDArray[np.float64], torque: NDArray[np.float64]
) -> WrenchStamped:
    """(3,) N and (3,) N m in ``frame``."""
    message = WrenchStamped()
    message.header.frame_id = frame
    set_stamp(message.header.stamp, stamp_ns)
    for part, values in ((message.wrench.force, force), (message.wrench.torque, torque)):
        part.x, part.y, part.z = map(float, values)
    return message


def pose_message(stamp_ns: int, frame: str, pose: pin.SE3) -> PoseStamped:
    """A pose in ``frame``."""
    message = PoseStamped()
    message.header.frame_id = frame
    set_stamp(message.header.stamp, stamp_ns)
    where, turn = message.pose.position, message.pose.orientation
    where.x, where.y, where.z = map(float, pose.translation)
    turn.x, turn.y, turn.z, turn.w = map(float, pin.Quaternion(pose.rotation).coeffs())
    return message


def points_of(message: JointTrajectory) -> list[Point]:
    """A trajectory's points, with what each tells."""
    return [
        Point(
            after_ns=stamp_to_ns(point.time_from_start),
            positions=np.array(point.positions),
            velocities=_told(point.velocities),
            accelerations=_told(point.accelerations),
            effort=_told(point.effort),
        )
        for point in message.points
    ]


def trajectory_point(state: profiles.JointState) -> JointTrajectoryPoint:
    """A state of all joints as a point, but for its accelerations."""
    return JointTrajectoryPoint(positions=state.joints.tolist(), velocities=state.velocity.tolist())


def _told(values: Sequence[float]) -> NDArray[np.float64] | None:
    return np.array(values) if len(values) else None
