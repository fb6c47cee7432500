# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How far two domains are from each other: by their values, and by what is seen in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from rlco_core.robot import RobotConfig, Workspace
from rlco_sim.camera import Image, extrinsics, project
from rlco_sim.domain import Domain
from rlco_sim.session import Session, resized
from rlco_sim.settings import CameraSettings
from rlco_sim.spec import drawn_by

Vector = NDArray[np.float64]
Group = Literal["looks", "camera", "dynamics"]

_GROUPS: dict[str, Group] = {"light": "looks", "looks": "looks", "camera": "camera"}
_WINDOW, _SIGMA = 11, 1.5


@dataclass(frozen=True)
class Difference:
    """One key of which two domains say different things.

    Attributes:
        key: with dots.
        group: what it is about.
        first, second: what the domains say, as in their files; None where one says nothing.
        change: second less first, where both are plain numbers; of lists entry by entry.
        relative: largest share of a change in the first's value; None where one was zero.
        inside: whether all that the second can be lies within what the first can be.
        outside_by: how far the second reaches beyond the first, where both are numbers.
    """

    key: str
    group: Group
    first: Any
    second: Any
    change: float | list[float] | None
    relative: float | None
    inside: bool
    outside_by: float | list[float] | None


@dataclass(frozen=True)
class PictureGap:
    """What is seen of a difference, mean over pairs of pictures; grey levels of 255, pixels.

    Attributes:
        difference: mean absolute difference of all values.
        similarity: structural similarity, 1 for equal pictures.
        colour: by how much red, green and blue of the second are brighter.
        shift: by how much points of the table that both see lie elsewhere; None if none is.
        largest_shift: that of the point that moves most.
        apart: m between the cameras.
        turned: degrees between the directions in which they look.
        rolled: degrees by which the second is turned further about its axis.
    """

    difference: float
    similarity: float
    colour: tuple[float, float, float]
    shift: float | None
    largest_shift: float | None
    apart: float
    turned: float
    rolled: float


def differences(first: Domain, second: Domain) -> list[Difference]:
    """The keys whose values or ranges differ, in the order of the first's file."""
    ours, theirs = dict(_leaves(first.values)), dict(_leaves(second.values))
    keys = [*ours, *(key for key in theirs if key not in ours)]
    return [
        _difference(key, ours.get(key), theirs.get(key))
        for key in keys
        if _plain(ours.get(key)) != _plain(theirs.get(key))
    ]


def _leaves(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and what is set there: plain values, or how they are drawn."""
    for key, value in values.items():
        if isinstance(value, Mapping) and drawn_by(value) is None:
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _plain(value: Any) -> Any:
    """``value`` in a form in which 1 and 1.0, or a list and a tuple, are the same."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def _difference(key: str, first: Any, second: Any) -> Difference:
    group = _GROUPS.get(key.partition(".")[0], "dynamics")
    ours, theirs = _span(first), _span(second)
    if ours is None or theirs is None or ours[0].shape != theirs[0].shape:
        known = _options(first)
        inside = all(option in known for option in _options(second))
        return Difference(key, group, first, second, None, None, inside, None)
    beyond = np.maximum(np.maximum(ours[0] - theirs[0], theirs[1] - ours[1]), 0.0)
    change = relative = None
    if drawn_by(first) is None and drawn_by(second) is None:
        moved = theirs[0] - ours[0]
        change = _rounded(moved)
        scale = np.abs(ours[0][moved != 0.0])
        if scale.all():
            relative = round(float((np.abs(moved[moved != 0.0]) / scale).max()), 9)
    inside = not (beyond > 0.0).any()
    return Difference(key, group, first, second, change, relative, inside, _rounded(beyond))


def _span(value: Any) -> tuple[Vector, Vector] | None:
    """Least and greatest of a number or list of numbers; None for what is not one."""
    word = drawn_by(value)
    if word == "choose":
        return None
    if word == "curriculum":
        # Where it ends is where a trained policy comes from.
        return _span(value[word]["end"])
    ends = (value, value) if word is None else value[word]
    low, high = np.asarray(ends[0]), np.asarray(ends[1])
    if low.dtype.kind not in "if" or high.dtype.kind not in "if":
        return None
    return low.astype(np.float64), high.astype(np.float64)


def _options(value: Any) -> list[Any]:
    """What a value that is no number can be."""
    if drawn_by(value) == "choose":
        return [_plain(option) for option in value["choose"]]
    return [_plain(value)]


def _rounded(values: Vector) -> Any:
    """As plain numbers, without the digits that subtraction leaves."""
    return np.round(values, 9).tolist()


def picture_gap(
    first: Domain, second: Domain, task: str, robot: RobotConfig, seeds: Sequence[int]
) -> PictureGap:
    """Compares the first pictures of the same seeds' episodes in both domains."""
    gaps = [
        _pair_gap(*shown, *cameras, robot.limits.workspace)
        for shown, cameras in _pairs(first, second, task, robot, seeds)
    ]
    shifts = np.concatenate([shift for _, shift in gaps])
    columns = np.mean([numbers for numbers, _ in gaps], axis=0).tolist()
    difference, similarity, red, green, blue, apart, turned, rolled = columns
    return PictureGap(
        difference,
        similarity,
        (red, green, blue),
        float(shifts.mean()) if shifts.size else None,
        float(shifts.max()) if shifts.size else None,
        apart,
        turned,
        rolled,
    )


def _pairs(
    first: Domain, second: Domain, task: str, robot: RobotConfig, seeds: Sequence[int]
) -> Iterator[tuple[tuple[Image, Image], tuple[CameraSettings, CameraSettings]]]:
    ours, theirs = Session(task, first, robot), Session(task, second, robot)
    try:
        for seed in seeds:
            for session in (ours, theirs):
                session.reset(seed)
            cameras = (ours.world.settings.camera, theirs.world.settings.camera)
            yield (ours.image(), theirs.image()), cameras
    finally:
        ours.close()
        theirs.close()


def _pair_gap(
    first: Image,
    second: Image,
    camera: CameraSettings,
    other: CameraSettings,
    workspace: Workspace,
) -> tuple[list[float], Vector]:
    """The means of one pair, and by how many pixels each point that both see moves."""
    size = (camera.width, camera.height)
    if second.shape != first.shape:
        second = np.asarray(cv2.resize(second, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        other = resized(other, *size)
    signed = second.astype(np.float64) - first
    poses = extrinsics(camera), extrinsics(other)
    cosine = float(np.clip(poses[0][:3, 2] @ poses[1][:3, 2], -1.0, 1.0))
    numbers = [
        float(np.abs(signed).mean()),
        structural_similarity(first, second),
        *(float(part) for part in signed.mean(axis=(0, 1))),
        float(np.linalg.norm(poses[1][:3, 3] - poses[0][:3, 3])),
        float(np.degrees(np.arccos(cosine))),
        float(np.degrees(other.roll - camera.roll)),
    ]
    return numbers, shifts_between(camera, other, table_points(workspace))


def shifts_between(camera: CameraSettings, other: CameraSettings, points: Vector) -> Vector:
    """(m,) px by which those of (n, 3) points move that both cameras of one size see."""
    both = sees(camera, points) & sees(other, points)
    moved = project(other, points) - project(camera, points)
    return np.asarray(np.linalg.norm(moved[both], axis=1))


def sees(camera: CameraSettings, points: Vector) -> NDArray[np.bool_]:
    """(n,) whether points lie in front of the camera and within its picture."""
    depths = (points - np.array(camera.eye)) @ extrinsics(camera)[:3, 2]
    pixels = project(camera, points)
    size = np.array([camera.width, camera.height])
    # Straight first: far outside the picture a lens model folds points back into it.
    straight = project(camera.model_copy(update={"d": (0.0,) * 5}), points)
    near = (np.abs(straight - size / 2.0) < size).all(axis=1)
    within = ((pixels > -0.5) & (pixels < size - 0.5)).all(axis=1)
    return np.asarray((depths > 0.0) & near & within)


def table_points(workspace: Workspace) -> Vector:
    """(25, 3) points of the table under the box in which the end effector may be, base frame.

    The box's own corners would not do: cameras stand so close that they see few of them.
    """
    x, y = (np.linspace(workspace.lower[axis], workspace.upper[axis], 5) for axis in (0, 1))
    return np.array([(*place, 0.0) for place in product(x, y)])


def structural_similarity(first: Image, second: Image) -> float:
    """Mean SSIM of two RGB pictures' grey values (Wang et al., IEEE TIP 2004), 1 if equal.

    A Gaussian window of 11 pixels with sigma 1.5, where it lies within the picture.
    """
    x, y = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float64) for image in (first, second))
    level, contrast = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2
    mean_x, mean_y = _windowed(x), _windowed(y)
    variance_x, variance_y = _windowed(x * x) - mean_x**2, _windowed(y * y) - mean_y**2
    covariance = _windowed(x * y) - mean_x * mean_y
    likeness = (2.0 * mean_x * mean_y + level) * (2.0 * covariance + contrast)
    scale = (mean_x**2 + mean_y**2 + level) * (variance_x + variance_y + contrast)
    return float((likeness / scale).mean())


def _windowed(values: Vector) -> Vector:
    half = _WINDOW // 2
    blurred = cv2.GaussianBlur(values, (_WINDOW, _WINDOW), _SIGMA)
    return np.asarray(blurred, dtype=np.float64)[half:-half, half:-half]
