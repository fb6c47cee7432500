# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What files say about a real camera: its calibration, its pose, and points that it saw.

Units: m, pixels. Poses are those of the optical frame (z forward, x right, y down) in the
robot's base frame. The lens is that of the raw picture, not of a rectified one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import ConfigError

Matrix = NDArray[np.float64]

_MODELS = ("plumb_bob", "")
_TRANSLATIONS, _ROTATIONS = ("translation", "position"), ("rotation", "quaternion", "orientation")
_FLAT = ("qx", "qy", "qz", "qw")


@dataclass(frozen=True)
class Calibration:
    """A camera's image size, pinhole ``k`` (row by row, px), plumb_bob ``d``, and its frame."""

    width: int
    height: int
    k: tuple[float, ...]
    d: tuple[float, ...]
    frame: str = ""


@dataclass(frozen=True)
class PoseFrames:
    """A (4, 4) pose of frame ``child`` in frame ``parent``; "" where the document names none."""

    pose: Matrix
    parent: str = ""
    child: str = ""


def calibration_of(document: Any) -> Calibration:
    """The calibration in a camera_calibration file or a dumped sensor_msgs/CameraInfo.

    Raises:
        ConfigError: a key is missing or malformed, or the lens is no plumb_bob.
    """
    keys = _mapping(document, "a camera info")
    ours = "camera_matrix" in keys
    width, height = ("image_width", "image_height") if ours else ("width", "height")
    k_key, d_key = ("camera_matrix", "distortion_coefficients") if ours else ("k", "d")
    for key in (width, height, k_key, d_key):
        if key not in keys:
            raise ConfigError(f"{key}: missing; camera_calibration files and CameraInfo have it")
    model = str(keys.get("distortion_model") or "")
    if model not in _MODELS:
        raise ConfigError(
            f"distortion_model: '{model}' is not simulated; calibrate with plumb_bob (5 numbers)"
        )
    k, d = _data(keys[k_key], k_key), _data(keys[d_key], d_key)
    if len(k) != 9 or len(d) not in (0, 4, 5):
        raise ConfigError(f"{k_key} needs 9 and {d_key} 5 numbers, got {len(k)} and {len(d)}")
    _check_pinhole(k, k_key)
    _check_whole(keys)
    frame = str(_inside(keys, "header").get("frame_id", ""))
    return Calibration(
        _count(keys, width), _count(keys, height), k, (*d, *(0.0,) * (5 - len(d))), frame
    )


def pose_of(document: Any) -> PoseFrames:
    """The pose in a hand-eye document: position and quaternion (x, y, z, w) under any usual name.

    Raises:
        ConfigError: a key is missing or malformed, or the camera was calibrated on the hand.
    """
    keys = _mapping(document, "a hand-eye file")
    if isinstance(keys.get("transforms"), Sequence):
        if len(keys["transforms"]) != 1:
            raise ConfigError(f"transforms: needs one transform, got {len(keys['transforms'])}")
        keys = _mapping(keys["transforms"][0], "a transform")
    notes = _inside(keys, "parameters") or keys
    if notes.get("calibration_type", "eye_on_base") != "eye_on_base" or notes.get("eye_on_hand"):
        raise ConfigError("calibration_type: the camera rides on the hand; it must stand still")
    header = _inside(keys, "header")
    parent = header.get("frame_id") or keys.get("frame_id") or notes.get("robot_base_frame")
    child = keys.get("child_frame_id") or notes.get("tracking_base_frame")
    inner = next((keys[key] for key in ("transform", "transformation", "pose") if key in keys),
                 keys)  # fmt: skip
    return PoseFrames(_pose(_mapping(inner, "transform")), str(parent or ""), str(child or ""))


def check_frames(found: PoseFrames, base: str, camera: str) -> None:
    """Raises ConfigError unless the pose is, by its names, that of an optical frame in ``base``.

    ``camera`` is the optical frame's name, "" if unknown: then the name must say "optical".
    """
    if found.parent and found.parent != base:
        raise ConfigError(
            f"the pose is given in frame '{found.parent}', not '{base}'; "
            f"if they are the same, say --base-frame {found.parent}"
        )
    if found.child and found.child != camera and (camera or "optical" not in found.child):
        expected = f"'{camera}'" if camera else "an optical frame (z forward, x right)"
        raise ConfigError(
            f"the pose is that of frame '{found.child}', not of {expected}; "
            f"if they are the same, say --camera-frame {found.child}"
        )


def points_of(rows: Iterable[Sequence[Any]]) -> tuple[Matrix, Matrix]:
    """(n, 3) base-frame points and their (n, 2) pixels from rows of x, y, z, u, v.

    Raises:
        ConfigError: a row does not hold five finite numbers.
    """
    numbers = []
    for number, row in enumerate(rows, 1):
        try:
            values = [float(value) for value in row]
        except (TypeError, ValueError):
            values = []
        if len(values) != 5 or not np.isfinite(values).all():
            raise ConfigError(f"point {number}: needs x, y, z, u, v, got {list(row)}")
        numbers.append(values)
    table = np.array(numbers).reshape(-1, 5)
    return table[:, :3], table[:, 3:]


def _pose(keys: Mapping[str, Any]) -> Matrix:
    if set(_FLAT) <= set(keys):
        where, turn = _vector(keys, "xyz", "transform"), [_number(keys[k], k) for k in _FLAT]
    else:
        where_key, turn_key = _one_of(keys, _TRANSLATIONS), _one_of(keys, _ROTATIONS)
        where = _vector(keys[where_key], "xyz", where_key)
        turn = _vector(keys[turn_key], "xyzw", turn_key)
    length = float(np.linalg.norm(turn))
    if abs(length - 1.0) > 0.01:
        raise ConfigError(f"rotation: the quaternion's length is {length:.3f}, not 1")
    x, y, z, w = np.array(turn) / length
    pose = np.eye(4)
    pose[:3, 0] = 1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)
    pose[:3, 1] = 2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)
    pose[:3, 2] = 2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)
    pose[:3, 3] = where
    return pose


def _one_of(keys: Mapping[str, Any], names: Sequence[str]) -> str:
    found = next((name for name in names if name in keys), None)
    if found is None:
        raise ConfigError(f"{names[0]}: missing; it may be called {' or '.join(names)}")
    return found


def _vector(value: Any, names: str, key: str) -> list[float]:
    """Numbers from a list, or from a mapping with a key for each of ``names``."""
    if isinstance(value, Mapping):
        value = [value.get(name) for name in names]
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != len(names):
        raise ConfigError(f"{key}: needs {', '.join(names)}, got {value!r}")
    return [_number(entry, key) for entry in value]


def _number(value: Any, key: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise ConfigError(f"{key}: {value!r} is no finite number")
    return number


def _data(value: Any, key: str) -> tuple[float, ...]:
    """The numbers of a list, or of a mapping's ``data`` as OpenCV writes matrices."""
    inside = value.get("data") if isinstance(value, Mapping) else value
    if not isinstance(inside, Sequence) or isinstance(inside, str):
        raise ConfigError(f"{key}: needs a list of numbers, got {inside!r}")
    return tuple(_number(entry, key) for entry in inside)


def _check_pinhole(k: Sequence[float], key: str) -> None:
    if not any(k):
        raise ConfigError(f"{key}: all zero; the camera was never calibrated")
    if k[0] <= 0.0 or k[4] <= 0.0 or any(k[i] for i in (1, 3, 6, 7)) or k[8] != 1.0:
        raise ConfigError(f"{key}: must be [fx, 0, cx, 0, fy, cy, 0, 0, 1], got {list(k)}")


def _check_whole(keys: Mapping[str, Any]) -> None:
    """Binning changes nothing, as a calibration counts full pixels; a cut-out would."""
    region = _inside(keys, "roi")
    if any(region.get(key) for key in ("x_offset", "y_offset")):
        raise ConfigError("roi: the picture is a cut-out; calibrate the camera's full picture")


def _count(keys: Mapping[str, Any], key: str) -> int:
    value = keys[key]
    if not isinstance(value, int) or value < 1:
        raise ConfigError(f"{key}: {value!r} is no number of pixels")
    return value


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{what} must hold a mapping, got {type(value).__name__}")
    return value


def _inside(keys: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The mapping under ``key``, empty if there is none."""
    value = keys.get(key)
    return value if isinstance(value, Mapping) else {}
