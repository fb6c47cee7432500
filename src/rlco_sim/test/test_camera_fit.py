# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Real cameras: every accepted form of their files, the pose from points, every refusal."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_sim.camera import extrinsics, project
from rlco_sim.camera_documents import Calibration, calibration_of, check_frames, points_of, pose_of
from rlco_sim.camera_fit import section_of, settings_of, solve_pose
from rlco_sim.domain import Domain
from rlco_sim.session import resized
from rlco_sim.settings import CameraSettings

K = [610.0, 0.0, 320.5, 0.0, 605.0, 241.0, 0.0, 0.0, 1.0]
D = [-0.21, 0.06, 0.001, -0.0005, 0.0]
FILE = {
    "image_width": 640,
    "image_height": 480,
    "camera_name": "narrow",
    "camera_matrix": {"rows": 3, "cols": 3, "data": K},
    "distortion_model": "plumb_bob",
    "distortion_coefficients": {"rows": 1, "cols": 5, "data": D},
}
INFO = {
    "header": {"stamp": {"sec": 1, "nanosec": 2}, "frame_id": "eye_optical"},
    "height": 480,
    "width": 640,
    "distortion_model": "plumb_bob",
    "d": D,
    "k": K,
    "roi": {"x_offset": 0, "y_offset": 0, "height": 0, "width": 0, "do_rectify": False},
}
WHERE = {"x": 1.0, "y": 0.2, "z": 0.7}
#: A half turn about (1, 0, -1): x of the camera along -z, y against its own, z along -x.
TURN = {"x": 0.5**0.5, "y": 0.0, "z": -(0.5**0.5), "w": 0.0}
POSE = np.array([[0, 0, -1, 1], [0, -1, 0, 0.2], [-1, 0, 0, 0.7], [0, 0, 0, 1]], float)
TRANSFORM = {"translation": WHERE, "rotation": TURN}
STAMPED = {
    "header": {"frame_id": "panda_link0"},
    "child_frame_id": "eye_optical",
    "transform": TRANSFORM,
}
NAMES = {
    "calibration_type": "eye_on_base",
    "robot_base_frame": "panda_link0",
    "tracking_base_frame": "eye_optical",
}


def true_camera() -> CameraSettings:
    real = resized(Domain.load("stand_in").typical().camera, 640, 480)
    return real.model_copy(update={"k": tuple(K), "d": tuple(D)})


CAMERA = true_camera()
CALIBRATION = Calibration(640, 480, tuple(K), tuple(D))


def seen(
    count: int, noise: float, *, flat: bool = False, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    points = rng.uniform((0.3, -0.25, 0.0), (0.7, 0.25, 0.0 if flat else 0.3), (count, 3))
    return points, project(CAMERA, points) + rng.normal(0.0, noise, (count, 2))


def off(pose: NDArray[np.float64]) -> tuple[float, float]:
    """m and rad from the true pose."""
    true = extrinsics(CAMERA)
    cosine = (np.trace(pose[:3, :3].T @ true[:3, :3]) - 1.0) / 2.0
    return float(np.linalg.norm(pose[:3, 3] - true[:3, 3])), float(np.arccos(min(cosine, 1.0)))


@pytest.mark.parametrize(("document", "frame"), [(FILE, ""), (INFO, "eye_optical")])
def test_calibrations_in_both_forms(document: dict[str, Any], frame: str) -> None:
    again = yaml.safe_load(yaml.safe_dump(document))
    assert calibration_of(again) == Calibration(640, 480, tuple(K), tuple(D), frame)


@pytest.mark.parametrize(("d", "expected"), [([], (0.0,) * 5), (D[:4], (*D[:4], 0.0))])
def test_shorter_distortion_is_filled_up(d: list[float], expected: tuple[float, ...]) -> None:
    assert calibration_of({**INFO, "d": d}).d == expected


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"k": None}, "k: missing; camera_calibration files and CameraInfo have it"),
        ({"distortion_model": "rational_polynomial"}, "'rational_polynomial' is not simulated"),
        ({"distortion_model": "equidistant"}, "'equidistant' is not simulated"),
        ({"d": [0.0] * 8}, "k needs 9 and d 5 numbers, got 9 and 8"),
        ({"k": [0.0] * 9}, "k: all zero; the camera was never calibrated"),
        ({"k": [600.0, 1.0, *K[2:]]}, r"k: must be \[fx, 0, cx"),
        ({"k": "six"}, "k: needs a list of numbers, got 'six'"),
        ({"d": [0, 0, 0, 0, "x"]}, "d: 'x' is no finite number"),
        ({"width": 0}, "width: 0 is no number of pixels"),
        ({"roi": {"x_offset": 10}}, "roi: the picture is a cut-out"),
    ],
)
def test_calibrations_that_cannot_be_simulated(changes: dict[str, Any], line: str) -> None:
    document = {key: value for key, value in {**INFO, **changes}.items() if value is not None}
    with pytest.raises(ConfigError, match=line):
        calibration_of(document)


@pytest.mark.parametrize("document", [None, [1], "text"])
def test_files_without_a_mapping(document: Any) -> None:
    with pytest.raises(ConfigError, match="a camera info must hold a mapping"):
        calibration_of(document)
    with pytest.raises(ConfigError, match="a hand-eye file must hold a mapping"):
        pose_of(document)


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"position": list(WHERE.values()), "quaternion": list(TURN.values())}, False),
        ({"position": WHERE, "orientation": TURN}, False),
        (TRANSFORM, False),
        (STAMPED, True),
        ({"transforms": [STAMPED]}, True),
        ({"parameters": NAMES, "transform": TRANSFORM}, True),
        ({**NAMES, "eye_on_hand": False,
          "transformation": {**WHERE, **{f"q{k}": v for k, v in TURN.items()}}}, True),
    ],
)  # fmt: skip
def test_hand_eye_documents_in_every_form(document: dict[str, Any], named: bool) -> None:
    found = pose_of(yaml.safe_load(yaml.safe_dump(deepcopy(document))))
    assert found.pose == pytest.approx(POSE)
    assert (found.parent, found.child) == (("panda_link0", "eye_optical") if named else ("", ""))
    check_frames(found, "panda_link0", "")


@pytest.mark.parametrize(
    ("document", "line"),
    [
        ({"rotation": TURN}, "translation: missing; it may be called translation or position"),
        ({"translation": WHERE}, "rotation: missing"),
        ({**TRANSFORM, "translation": [1, 2]}, "translation: needs x, y, z"),
        ({**TRANSFORM, "rotation": {"x": 1.0}}, "rotation: None is no finite number"),
        ({**TRANSFORM, "rotation": [0, 0, 0, 2]}, "the quaternion's length is 2.000, not 1"),
        ({"transforms": [STAMPED, STAMPED]}, "transforms: needs one transform, got 2"),
        ({"parameters": {"calibration_type": "eye_in_hand"}, "transform": TRANSFORM}, "the hand"),
        ({"eye_on_hand": True, "transformation": TRANSFORM}, "rides on the hand"),
    ],
)
def test_hand_eye_documents_that_are_refused(document: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        pose_of(document)


def test_frames_must_be_the_base_and_an_optical_one() -> None:
    found = pose_of(STAMPED)
    check_frames(found, "panda_link0", "eye_optical")
    with pytest.raises(ConfigError, match=r"in frame 'panda_link0', not 'base'.*--base-frame"):
        check_frames(found, "base", "")
    with pytest.raises(ConfigError, match="of frame 'eye_optical', not of 'other'"):
        check_frames(found, "panda_link0", "other")
    link = pose_of({**STAMPED, "child_frame_id": "camera_link"})
    with pytest.raises(
        ConfigError, match=r"'camera_link', not of an optical frame.*--camera-frame"
    ):
        check_frames(link, "panda_link0", "")
    check_frames(link, "panda_link0", "camera_link")


@pytest.mark.parametrize("row", [[1, 2, 3, 4], [1, 2, 3, 4, "x"], [1, 2, 3, 4, float("nan")]])
def test_rows_that_are_no_points(row: list[Any]) -> None:
    with pytest.raises(ConfigError, match="point 2: needs x, y, z, u, v"):
        points_of([[0.0] * 5, row])


@pytest.mark.parametrize(
    ("count", "noise", "flat", "metres"),
    [(6, 0.0, False, 1e-6), (4, 0.0, True, 1e-4), (20, 0.3, False, 2e-3), (20, 0.3, True, 6e-3)],
)
def test_the_pose_comes_back(count: int, noise: float, flat: bool, metres: float) -> None:
    for seed in range(3):
        fit = solve_pose(CALIBRATION, *seen(count, noise, flat=flat, seed=seed), 5.0)
        distance, angle = off(fit.pose)
        assert distance < metres
        assert angle < metres / 0.7
        assert fit.rms < max(2.0 * noise, 1e-3)


def test_slips_are_named_and_left_out() -> None:
    points, pixels = seen(14, 0.3)
    pixels[3] += (8.0, -4.0)
    pixels[9] += (300.0, 0.0)
    fit = solve_pose(CALIBRATION, points, pixels, 5.0)
    assert fit.odd == [3, 9]
    assert not fit.used[[3, 9]].any()
    assert fit.residuals[9] == pytest.approx(300.0, abs=5.0)
    assert off(fit.pose)[0] < 3e-3


def test_points_that_are_refused() -> None:
    points, pixels = seen(8, 0.3)
    line = np.linspace((0.3, 0.0, 0.0), (0.6, 0.1, 0.2), 6)
    for few, at, said in (
        (points[:3], pixels[:3], "3 points are too few"),
        (points[:5], pixels[:5], "5 points off one plane are too few"),
        (line, project(CAMERA, line), "the points lie on one line"),
        (points, pixels[::-1], "no pose explains the points: at most . of 8 lie within 15 px"),
        (points * 1000.0, pixels + 60.0 * np.sin(np.arange(16)).reshape(8, 2), "no pose explains"),
    ):
        with pytest.raises(ConfigError, match=said):
            solve_pose(CALIBRATION, few, at, 5.0)
    with pytest.raises(ConfigError, match=r"misses its points by .* px rms, more than 0.5; the w"):
        solve_pose(CALIBRATION, *seen(20, 0.6), 0.5)


def test_the_section_says_the_same_camera_at_the_policys_size() -> None:
    real = settings_of(CAMERA, CALIBRATION, extrinsics(CAMERA))
    section = section_of(real, "front", 64, 64)
    scaled = CameraSettings.model_validate({**CAMERA.model_dump(), **section})
    points = seen(10, 0.0)[0]
    expected = (project(CAMERA, points) + 0.5) * [0.1, 64 / 480] - 0.5
    assert project(scaled, points) == pytest.approx(expected, abs=1e-3)
    assert scaled.d == pytest.approx(D)
    assert scaled.target[2] == pytest.approx(0.0, abs=1e-6)
