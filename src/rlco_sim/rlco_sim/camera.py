# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A camera in the world: light and geometry by our rasteriser, lens and sensor by OpenCV.

Image frame: whole numbers are the middles of pixels, u to the right, v down. Optical frame:
z forward, x right, y down (REP 103).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from rlco_sim import raster
from rlco_sim.scenery import Scenery
from rlco_sim.settings import CameraSettings, LightSettings

Image = NDArray[np.uint8]
Matrix = NDArray[np.float64]

_GREYS = 255.0
#: The shadow map: pixels, the square of the world that it shows (m), and its middle.
_SHADOW_SIZE = 256
_SHADOW_SPAN = 1.8
_SHADOW_CENTRE = (0.45, 0.0, 0.1)


class Camera:
    """Takes RGB pictures of one world.

    Args:
        scenery: what there is to see.
        settings, light: how it is seen.
    """

    def __init__(self, scenery: Scenery, settings: CameraSettings, light: LightSettings) -> None:
        self.settings = settings
        self._scenery = scenery
        self._light = light
        self._lens = _Lens(settings)
        self._sensor = _Sensor(settings)
        pose = extrinsics(settings)
        self._eye = pose[:3, 3].astype(np.float32)
        self._to_optical = np.linalg.inv(pose)[:3].astype(np.float32)
        self._sun = _Sun(light)

    def render(
        self, rng: np.random.Generator | None = None, poses: raster.Floats | None = None
    ) -> Image:
        """(height, width, 3) uint8 RGB of the world as it is now, or was at ``poses``; ``rng``
        draws the noise.
        """
        where = self._scenery.poses() if poses is None else poses
        return self._sensor.expose(self._lens.bend(self._pinhole(where)), rng)

    def shoot(self, noise: tuple[int, ...]) -> Shot:
        """The world as it is now, to be rendered when somebody looks; ``noise`` seeds its noise."""
        return Shot(self, self._scenery.poses(), noise)

    def _pinhole(self, poses: raster.Floats) -> Image:
        """The pinhole picture that the lens bends."""
        scenery, lens, sun = self._scenery, self._lens, self._sun
        world = raster.place(scenery.vertices, scenery.frames, poses)
        dark, lit = raster.shade(
            world, scenery.faces, scenery.colours, self._eye, sun.light, sun.coefficients
        )
        return raster.draw(
            world,
            scenery.faces,
            dark,
            lit,
            scenery.uv,
            scenery.texture,
            scenery.patterns,
            self._to_optical,
            lens.focal,
            sun.shadows(world, scenery),
            sun.view,
            lens.width,
            lens.height,
        )


@dataclass(frozen=True)
class Shot:
    """A picture that was taken, and is rendered only if somebody looks: of those that arrive late
    most are never seen.
    """

    camera: Camera
    poses: raster.Floats
    noise: tuple[int, ...]

    @cached_property
    def image(self) -> Image:
        """(height, width, 3) uint8 RGB."""
        return self.camera.render(np.random.default_rng(self.noise), self.poses)


class _Sun:
    """A distant light, and the map of what stands in it."""

    def __init__(self, settings: LightSettings) -> None:
        towards = np.array(settings.direction) / np.linalg.norm(settings.direction)
        self._casts = settings.shadow
        self.light = np.concatenate([towards, settings.colour]).astype(np.float32)
        self.coefficients = np.array(
            [settings.ambient, settings.diffuse, settings.specular], np.float32
        )
        self.view = _light_view(towards)

    def shadows(self, world: raster.Floats, scenery: Scenery) -> raster.Floats:
        """The shadow map; empty where the light casts none."""
        if not self._casts:
            return np.empty((0, 0), np.float32)
        return raster.shadow_map(world, scenery.faces, scenery.casts, self.view, _SHADOW_SIZE)


def _light_view(towards: Matrix) -> raster.Floats:
    """(3, 4) from the world to columns and rows of the shadow map and height to the light."""
    right, down = _level_axes(-towards)
    scale = _SHADOW_SIZE / _SHADOW_SPAN
    rotation = np.stack([scale * right, scale * down, towards])
    shift = np.array([_SHADOW_SIZE / 2, _SHADOW_SIZE / 2, 0.0]) - rotation @ _SHADOW_CENTRE
    shift[2] = 0.0
    return np.column_stack([rotation, shift]).astype(np.float32)


class _Lens:
    """Pinhole projection and plumb_bob distortion.

    A bent picture needs a pinhole picture that reaches further than itself: ``width`` and
    ``height`` are that one's size.
    """

    def __init__(self, settings: CameraSettings) -> None:
        k = intrinsics(settings)
        self.width, self.height = settings.width, settings.height
        self._maps: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None
        if any(settings.d):
            size = (settings.width, settings.height)
            points = np.indices(size, dtype=np.float64).reshape(2, -1).T
            straight = cv2.undistortPoints(points[:, None], k, np.array(settings.d), P=k)[:, 0]
            margin = np.ceil(np.maximum(-straight.min(0), straight.max(0) - size + 1)).max()
            pad = max(int(margin), 0)
            self.width, self.height = size[0] + 2 * pad, size[1] + 2 * pad
            k = k + np.array([[0.0, 0.0, pad], [0.0, 0.0, pad], [0.0, 0.0, 0.0]])
            maps = (straight + pad).reshape(*size, 2).transpose(1, 0, 2).astype(np.float32)
            self._maps = (maps[..., 0].copy(), maps[..., 1].copy())
        self.focal = np.array([k[0, 0], k[1, 1], k[0, 2], k[1, 2]], np.float32)

    def bend(self, image: Image) -> Image:
        """The picture as the lens shows it."""
        if self._maps is None:
            return image
        return np.asarray(cv2.remap(image, *self._maps, cv2.INTER_LINEAR), dtype=np.uint8)


class _Sensor:
    """Blur, exposure, white balance, noise and JPEG, in the order in which light meets them."""

    def __init__(self, settings: CameraSettings) -> None:
        self._settings = settings
        gain = settings.exposure * np.array(settings.white_balance)
        self._gain = gain if (gain != 1.0).any() else None

    def expose(self, image: Image, rng: np.random.Generator | None) -> Image:
        """The picture as the driver hands it over; without ``rng`` it has no noise."""
        settings = self._settings
        if settings.blur > 0.0:
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), settings.blur), dtype=np.uint8)
        noisy = settings.noise > 0.0 and rng is not None
        if self._gain is not None or noisy:
            values = image * (self._gain if self._gain is not None else 1.0)
            if noisy and rng is not None:
                values += settings.noise * rng.standard_normal(image.shape, dtype=np.float32)
            image = np.clip(np.rint(values), 0.0, _GREYS).astype(np.uint8)
        return _through_jpeg(image, settings.jpeg_quality)


def _through_jpeg(image: Image, quality: int) -> Image:
    if quality == 100:
        return image
    packed = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    unpacked = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)
    return np.ascontiguousarray(unpacked[..., ::-1])


def intrinsics(settings: CameraSettings) -> Matrix:
    """(3, 3) pinhole matrix K in pixels, as in sensor_msgs/CameraInfo."""
    return np.array(settings.k).reshape(3, 3)


def extrinsics(settings: CameraSettings) -> Matrix:
    """(4, 4) pose of the optical frame in the base frame."""
    eye, target = np.array(settings.eye), np.array(settings.target)
    forward = (target - eye) / np.linalg.norm(target - eye)
    right, down = _level_axes(forward)
    cos, sin = np.cos(settings.roll), np.sin(settings.roll)
    pose = np.eye(4)
    pose[:3, :3] = np.column_stack([cos * right + sin * down, cos * down - sin * right, forward])
    pose[:3, 3] = eye
    return pose


def look_at(pose: Matrix, distance: float = 1.0) -> dict[str, object]:
    """Eye, target and roll of the (4, 4) ``pose`` of an optical frame; undoes ``extrinsics``."""
    eye, forward = pose[:3, 3], pose[:3, 2]
    right, down = _level_axes(forward)
    roll = float(np.arctan2(pose[:3, 0] @ down, pose[:3, 0] @ right))
    return {"eye": eye.tolist(), "target": (eye + distance * forward).tolist(), "roll": roll}


def _level_axes(forward: Matrix) -> tuple[Matrix, Matrix]:
    """Right and down of a camera without roll; looking straight down, its top is along x."""
    right = np.cross(forward, (0.0, 0.0, 1.0))
    if np.linalg.norm(right) < 1e-6:
        right = np.cross(forward, (1.0, 0.0, 0.0))
    right = right / np.linalg.norm(right)
    return right, np.cross(forward, right)


def project(settings: CameraSettings, points: Matrix) -> Matrix:
    """(n, 2) pixels at which (n, 3) points of the base frame appear, distortion included."""
    pose = np.linalg.inv(extrinsics(settings))
    turn, _ = cv2.Rodrigues(pose[:3, :3])
    pixels, _ = cv2.projectPoints(
        np.ascontiguousarray(points, dtype=np.float64), turn, pose[:3, 3], intrinsics(settings),
        np.array(settings.d),
    )  # fmt: skip
    return np.asarray(pixels[:, 0])
