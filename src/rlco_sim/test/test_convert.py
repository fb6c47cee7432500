# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of the simulated robot, and what its controllers refuse."""

from __future__ import annotations

import numpy as np
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from rlco_sim import convert
from rlco_sim.domain import Domain

NAMES = ("a", "b")


def trajectory(names: list[str], *positions: list[float]) -> JointTrajectory:
    points = [JointTrajectoryPoint(positions=values) for values in positions]
    return JointTrajectory(joint_names=names, points=points)


def test_points_tell_what_their_messages_told() -> None:
    message = trajectory(["b", "a"], [0.0, 0.0], [2.0, 1.0])
    message.points[1].time_from_start.nanosec = 50_000_000
    message.points[1].velocities, message.points[1].accelerations = [0.5, 0.0], [0.0, 3.0]
    first, second = convert.points_of(message)
    assert (first.after_ns, first.velocities, first.accelerations) == (0, None, None)
    assert second.after_ns == 50_000_000
    told = (second.positions, second.velocities, second.accelerations)
    assert [row.tolist() for row in told] == [[2.0, 1.0], [0.5, 0.0], [0.0, 3.0]]


def test_images_and_camera_infos_agree() -> None:
    camera = Domain.load("twin").typical().camera
    pixels = np.arange(64 * 64 * 3, dtype=np.uint8).reshape(64, 64, 3)
    image = convert.image_message(1_500_000_000, "front_optical_frame", pixels)
    info = convert.camera_info_message(1_500_000_000, "front_optical_frame", camera)
    assert (image.encoding, image.step) == ("rgb8", 3 * 64)
    assert bytes(image.data) == pixels.tobytes()
    assert (image.header.stamp.sec, image.header.stamp.nanosec) == (1, 500_000_000)
    assert (info.width, info.height) == (image.width, image.height)
    assert info.header == image.header
    assert (info.k[2], info.k[5], info.k[0]) == (32.0, 31.0, info.k[4])


def test_joint_states_keep_every_digit() -> None:
    positions, velocities = np.array([1.0 / 3.0, -0.04]), np.array([0.1, 1e-300])
    message = convert.joint_state_message(2_000_000_001, NAMES, positions, velocities)
    assert list(message.name) == ["a", "b"]
    assert list(message.position) == positions.tolist()
    assert list(message.velocity) == velocities.tolist()
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (2, 1)


def test_task_states_tell_step_and_success() -> None:
    message = convert.task_state_message(50_000_000, 7, True)
    assert (message.step, message.success) == (7, True)
    assert message.header.stamp == convert.time_message(50_000_000)


def test_camera_infos_describe_an_ideal_pinhole() -> None:
    k = (80.0, 0.0, 48.0, 0.0, 81.0, 31.0, 0.0, 0.0, 1.0)
    twin = Domain.load("twin").typical().camera
    camera = twin.model_copy(update={"width": 96, "k": k})
    info = convert.camera_info_message(0, "front_optical_frame", camera)
    assert (info.height, info.width) == (64, 96)
    assert info.k.tolist() == list(k)
    projection = info.p.reshape(3, 4)
    assert projection[:, :3].ravel().tolist() == info.k.tolist()
    assert not projection[:, 3].any()
    assert info.r.tolist() == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert (info.distortion_model, list(info.d)) == ("plumb_bob", [0.0] * 5)


def test_camera_infos_tell_the_distortion() -> None:
    bent = Domain.load("stand_in").typical().camera
    info = convert.camera_info_message(0, "front_optical_frame", bent)
    assert (info.distortion_model, tuple(info.d)) == ("plumb_bob", bent.d)
    assert any(info.d)
    assert info.k.tolist() == list(bent.k)


def test_images_of_any_shape_keep_their_rows() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 5, 3), dtype=np.uint8)
    message = convert.image_message(0, "f", pixels)
    assert (message.height, message.width, message.step) == (2, 5, 15)
    assert bytes(message.data[message.step :]) == pixels[1].tobytes()
