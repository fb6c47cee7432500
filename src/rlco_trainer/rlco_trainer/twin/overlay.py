# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The simulation drawn over a real camera's picture, for a person to see whether they agree."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig, Workspace
from rlco_sim import world
from rlco_sim.camera import Camera, project
from rlco_sim.camera_documents import Calibration
from rlco_sim.domain import Domain
from rlco_sim.domain_gap import sees
from rlco_sim.scenery import Scenery
from rlco_sim.session import DT, resized
from rlco_sim.settings import CameraSettings
from rlco_trainer.files import replacing
from rlco_trainer.video import Frame, caption

#: Larger pictures are shrunk to this many pixels on their longer side.
LARGEST = 1280
_SHARE = 0.5  # of the simulation in the blend
_AXIS = 0.1  # m
_STEPS = 65
_TABLE, _BOX = (255, 210, 0), (0, 230, 230)
_AXES = ((230, 40, 40), (40, 200, 40), (60, 90, 255))
_LEGEND = "yellow: table; cyan: workspace; red, green, blue: x, y, z of the base"

Points = NDArray[np.float64]
#: Two ends in the base frame (m), and a colour.
Line = tuple[Points, Points, tuple[int, int, int]]


def read_picture(path: Path, calibration: Calibration) -> Frame:
    """The picture in RGB.

    Raises:
        ConfigError: it is no picture, or not of the calibration's size.
    """
    try:
        picture = np.array(Image.open(path).convert("RGB"))
    except UnidentifiedImageError as error:
        raise ConfigError(f"{path}: no picture that can be read") from error
    height, width = picture.shape[:2]
    if (width, height) != (calibration.width, calibration.height):
        raise ConfigError(
            f"{path}: {width}x{height}, but the camera was calibrated at "
            f"{calibration.width}x{calibration.height}"
        )
    return picture


def write_overlay(
    path: Path, picture: Frame, camera: CameraSettings, domain: Domain, robot: RobotConfig
) -> None:
    """Writes ``picture`` under the view of ``camera``, both of one size, as a PNG."""
    blend = overlay(picture, camera, domain, robot)
    with replacing(path) as scratch:
        Image.fromarray(blend).save(scratch, format="png")


def overlay(picture: Frame, camera: CameraSettings, domain: Domain, robot: RobotConfig) -> Frame:
    """Half the real picture, half the simulation's, and lines of what is known to be there."""
    shrink = min(1.0, LARGEST / max(camera.width, camera.height))
    size = (round(camera.width * shrink), round(camera.height * shrink))
    camera = resized(camera, *size)
    real = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    seen = _simulated(camera, domain, robot)
    blend = np.asarray(cv2.addWeighted(seen, _SHARE, real, 1.0 - _SHARE, 0.0), dtype=np.uint8)
    for line in _lines(robot.limits.workspace):
        _draw(blend, camera, line)
    return caption(blend, _LEGEND)


def _simulated(camera: CameraSettings, domain: Domain, robot: RobotConfig) -> Frame:
    """The table and the arm at home, without any task's things."""
    settings, empty = domain.typical(), world.World(robot, DT)
    try:
        empty.rebuild(settings)
        empty.arm.reset(np.array(robot.home), robot.gripper.joint_position(1.0))
        scenery = Scenery(empty.client, empty.surfaces, {empty.arm.body: settings.looks.arm})
        return Camera(scenery, camera, settings.light).render()
    finally:
        empty.close()


def _lines(workspace: Workspace) -> Iterator[Line]:
    centre, half = np.array(world.TABLE_CENTRE), np.array(world.TABLE_HALF)
    low, high = centre - half, centre + half
    # Its top alone: whoever looks from above sees no more of it.
    low[2] = high[2]
    yield from ((*edge, _TABLE) for edge in _edges(low, high))
    corners = np.array(workspace.lower), np.array(workspace.upper)
    yield from ((*edge, _BOX) for edge in _edges(*corners))
    for axis, colour in zip(np.eye(3), _AXES, strict=True):
        yield np.zeros(3), _AXIS * axis, colour


def _edges(low: Points, high: Points) -> Iterator[tuple[Points, Points]]:
    """The edges of a box; where it is flat, those of its rectangle."""
    for axis, first, second in product(range(3), (False, True), (False, True)):
        others = [k for k in range(3) if k != axis]
        start = low.copy()
        start[others] = np.where([first, second], high[others], low[others])
        end = start.copy()
        end[axis] = high[axis]
        if low[axis] != high[axis]:
            yield start, end


def _draw(picture: Frame, camera: CameraSettings, line: Line) -> None:
    """Draws the part of a line that the camera sees; the lens bends it."""
    start, end, colour = line
    points = start + np.linspace(0.0, 1.0, _STEPS)[:, None] * (end - start)
    pixels, seen = np.rint(project(camera, points)).astype(int), sees(camera, points)
    thick = max(1, picture.shape[0] // 300)
    for k in np.flatnonzero(seen[:-1] & seen[1:]):
        ends = [(int(u), int(v)) for u, v in pixels[k : k + 2]]
        cv2.line(picture, ends[0], ends[1], colour, thick, cv2.LINE_AA)
