# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of the simulated robot, and what its controllers refuse."""

from __future__ import annotations

import numpy as np
import pytest
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from rlco_core.errors import ConfigError
from rlco_sim import convert
from rlco_sim.domain import Domain

NAMES = ("a", "b")


def trajectory(names: list[str], *positions: list[float]) -> JointTrajectory:
    points = [JointTrajectoryPoint(positions=values) for values in positions]
    return JointTrajectory(joint_names=names, points=points)


def test_goals_are_the_last_point_in_the_order_of_the_controller() -> None:
    message = trajectory(["b", "a"], [0.0, 0.0], [2.0, 1.0])
    assert convert.trajectory_goal(message, NAMES).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (trajectory(["a", "c"], [0.0, 0.0]), r"joints \[a, c\], it should have \[a, b\]"),
        (trajectory(["a"], [0.0]), "it should have"),
        (trajectory(["a", "b"]), "a point with 2 positions"),
        (trajectory(["a", "b"], [0.0]), "a point with 2 positions"),
        (trajectory(["a", "b"], [0.0, float("nan")]), "not finite"),
    ],
)
def test_foul_trajectories_are_refused(message: JointTrajectory, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        convert.trajectory_goal(message, NAMES)


def test_images_and_camera_infos_agree() -> None:
    camera = Domain.load("twin").camera
    pixels = np.arange(64 * 64 * 3, dtype=np.uint8).reshape(64, 64, 3)
    image = convert.image_message(1_500_000_000, "front_optical_frame", pixels)
    info = convert.camera_info_message(1_500_000_000, "front_optical_frame", camera)
    assert (image.encoding, image.step) == ("rgb8", 3 * 64)
    assert bytes(image.data) == pixels.tobytes()
    assert (image.header.stamp.sec, image.header.stamp.nanosec) == (1, 500_000_000)
    assert (info.width, info.height) == (image.width, image.height)
    assert info.header == image.header
    assert (info.k[2], info.k[5], info.k[0]) == (32.0, 32.0, info.k[4])
