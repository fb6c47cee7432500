# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Where a camera stands, from known points and the pixels at which it saw them; and what to
write of it into a domain.

Units: m, rad, pixels. As in OpenCV and ROS, whole pixel numbers are the middles of pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_sim.camera import look_at
from rlco_sim.camera_documents import Calibration
from rlco_sim.session import resized
from rlco_sim.settings import CameraSettings

Matrix = NDArray[np.float64]
Chosen = NDArray[np.bool_]

#: Fewest points, and fewest of one plane.
_POINTS, _COPLANAR = 6, 4
_FLAT_WITHIN = 1e-3  # m, how far points of one plane may lie off it, root mean square
_DRAWS = 300
#: A point is odd that lies further off than so many sigma of the others ...
_ODD = 3.0
#: ... of which no person's clicks have less, px.
_LEAST_SIGMA = 0.25
#: Share of the points that must agree.
_MOST = 0.6


@dataclass(frozen=True)
class PoseFit:
    """A pose solved from points.

    Attributes:
        pose: (4, 4).
        residuals: (n,) px between where each point was seen and where it should be.
        used: (n,) which points the pose was solved from.
        rms: px, of those used.
    """

    pose: Matrix
    residuals: Matrix
    used: Chosen
    rms: float

    @property
    def sigma(self) -> float:
        """Root mean square of how far points are seen off, px; six numbers were spent."""
        count = int(self.used.sum())
        freedom = max(2 * count - 6, 1)
        return max(self.rms * float(np.sqrt(2.0 * count / freedom)), _LEAST_SIGMA)

    @property
    def odd(self) -> list[int]:
        """Indices of the points that were left out, or lie further off than three sigma."""
        beyond = ~self.used | (self.residuals > _ODD * self.sigma)
        return [int(index) for index in np.flatnonzero(beyond)]


def settings_of(base: CameraSettings, calibration: Calibration, pose: Matrix) -> CameraSettings:
    """``base``'s sensor behind the real lens, at the real pose and the real image's size."""
    return base.model_copy(
        update={
            "width": calibration.width,
            "height": calibration.height,
            "k": calibration.k,
            "d": calibration.d,
            **look_at(pose, _to_table(pose)),
        }
    )


def section_of(real: CameraSettings, name: str, width: int, height: int) -> dict[str, Any]:
    """The camera section of a domain file for ``real`` scaled to an image of another size."""
    scaled = resized(real, width, height)
    return {
        "name": name,
        "width": width,
        "height": height,
        **{key: [round(float(value), 6) for value in getattr(scaled, key)]
           for key in ("k", "d", "eye", "target")},
        "roll": round(float(scaled.roll), 6),
    }  # fmt: skip


def _to_table(pose: Matrix) -> float:
    """m along the optical axis to the table's top, or 1 where it does not meet it."""
    height, fall = pose[2, 3], -pose[2, 2]
    return float(height / fall) if height > 0.0 and fall > 0.1 else 1.0


def solve_pose(
    calibration: Calibration, points: Matrix, pixels: Matrix, max_error: float
) -> PoseFit:
    """The pose at which ``points`` (n, 3) appear at ``pixels`` (n, 2); outliers are left out.

    Points more than three times ``max_error`` px off the best pose of any few are outliers.

    Raises:
        ConfigError: too few points or in a bad place, or the pose misses them by ``max_error``.
    """
    # OpenCV takes no views.
    points, pixels = np.ascontiguousarray(points), np.ascontiguousarray(pixels)
    least = max(_check_spread(points), int(np.ceil(_MOST * len(points))))
    far = 3.0 * max_error
    attempts = [_residuals(calibration, points, pixels, few) for few in _subsets(len(points))]
    best = min(attempts, key=lambda residuals: float(np.minimum(residuals, far).sum()))
    close = best < far
    if close.sum() < least:
        raise ConfigError(
            f"no pose explains the points: at most {close.sum()} of {len(points)} lie within "
            f"{far:g} px; check their order, units (m, px) and frame"
        )
    fit = _trimmed(calibration, points, pixels, close, least)
    if fit.rms > max_error:
        worst = int(np.where(fit.used, fit.residuals, 0.0).argmax())
        raise ConfigError(
            f"the pose misses its points by {fit.rms:.2f} px rms, more than {max_error:g}; "
            f"the worst is point {worst + 1} ({fit.residuals[worst]:.1f} px)"
        )
    return fit


def _trimmed(
    calibration: Calibration, points: Matrix, pixels: Matrix, used: Chosen, least: int
) -> PoseFit:
    """The fit to all of ``used`` but odd points, each judged by a fit that had no part of it."""
    fit = _fitted(calibration, points, pixels, used)
    while fit.used.sum() > least:
        worst = int(np.where(fit.used, fit.residuals, 0.0).argmax())
        others = fit.used.copy()
        others[worst] = False
        without = _fitted(calibration, points, pixels, others)
        if without.residuals[worst] <= _ODD * without.sigma:
            break
        fit = without
    return fit


def _fitted(calibration: Calibration, points: Matrix, pixels: Matrix, used: Chosen) -> PoseFit:
    solved = _solved(calibration, points[used], pixels[used])
    if solved is None:
        raise ConfigError("no pose explains the points; check their order, units and frame")
    turn, shift = solved
    k, d = np.array(calibration.k).reshape(3, 3), np.array(calibration.d)
    cv2.solvePnPRefineLM(points[used], pixels[used], k, d, turn, shift)  # in place
    residuals = _misses(calibration, points, pixels, turn, shift)
    pose = np.eye(4)
    pose[:3, :3] = cv2.Rodrigues(turn)[0].T
    pose[:3, 3] = -pose[:3, :3] @ shift.ravel()
    return PoseFit(pose, residuals, used, float(np.sqrt(np.mean(residuals[used] ** 2))))


def _subsets(count: int) -> list[list[int]]:
    """Sets of four of ``count`` points: all there are, or many at random, the same every time."""
    if count <= 10:
        return [list(few) for few in combinations(range(count), 4)]
    rng = np.random.default_rng(0)
    return [rng.choice(count, 4, replace=False).tolist() for _ in range(_DRAWS)]


def _residuals(
    calibration: Calibration, points: Matrix, pixels: Matrix, few: Sequence[int]
) -> Matrix:
    """(n,) px, by the pose of a few points; infinite where these give none."""
    solved = _solved(calibration, points[few], pixels[few])
    if solved is None:
        return np.full(len(points), np.inf)
    return _misses(calibration, points, pixels, *solved)


def _solved(
    calibration: Calibration, points: Matrix, pixels: Matrix
) -> tuple[Matrix, Matrix] | None:
    """Rotation vector and translation of the base frame in the optical frame, if any fit."""
    k, d = np.array(calibration.k).reshape(3, 3), np.array(calibration.d)
    try:
        found, turn, shift = cv2.solvePnP(points, pixels, k, d, flags=cv2.SOLVEPNP_SQPNP)
    except cv2.error:
        return None
    return (np.asarray(turn, np.float64), np.asarray(shift, np.float64)) if found else None


def _misses(
    calibration: Calibration, points: Matrix, pixels: Matrix, turn: Matrix, shift: Matrix
) -> Matrix:
    """(n,) px from seen to projected; infinite behind the camera."""
    k, d = np.array(calibration.k).reshape(3, 3), np.array(calibration.d)
    projected = np.asarray(cv2.projectPoints(points, turn, shift, k, d)[0])[:, 0]
    depths = points @ cv2.Rodrigues(turn)[0][2] + shift.ravel()[2]
    return np.where(depths > 0.0, np.linalg.norm(projected - pixels, axis=1), np.inf)


def _check_spread(points: Matrix) -> int:
    """The fewest points that are enough for those there are."""
    count = len(points)
    if count < _COPLANAR:
        raise ConfigError(f"{count} points are too few: 6 are needed, or 4 of one plane")
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) / np.sqrt(count)
    if spread[1] < _FLAT_WITHIN:
        raise ConfigError("the points lie on one line; spread them over the table")
    flat = spread[2] < _FLAT_WITHIN
    if count < _POINTS and not flat:
        raise ConfigError(f"{count} points off one plane are too few: 6 are needed, or 4 of one")
    return _COPLANAR if flat else _POINTS
