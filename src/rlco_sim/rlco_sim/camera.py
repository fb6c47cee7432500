# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A pinhole camera in the world, by PyBullet's software renderer."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rlco_sim.bullet import pybullet
from rlco_sim.domain import CameraDomain, LightDomain

_NEAR, _FAR = 0.05, 4.0


class Camera:
    """Renders RGB images of one physics client."""

    def __init__(self, client: int, camera: CameraDomain, light: LightDomain) -> None:
        self._client = client
        self.config = camera
        self._light = light
        self._view = pybullet.computeViewMatrix(camera.eye, camera.target, (0.0, 0.0, 1.0))
        self._projection = pybullet.computeProjectionMatrixFOV(
            math.degrees(camera.vertical_fov), camera.width / camera.height, _NEAR, _FAR
        )

    def render(self) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 RGB of the world as it is now."""
        light = self._light
        image = pybullet.getCameraImage(
            self.config.width,
            self.config.height,
            self._view,
            self._projection,
            lightDirection=light.direction,
            lightColor=light.colour,
            lightAmbientCoeff=light.ambient,
            lightDiffuseCoeff=light.diffuse,
            lightSpecularCoeff=light.specular,
            shadow=0,
            flags=pybullet.ER_NO_SEGMENTATION_MASK,
            renderer=pybullet.ER_TINY_RENDERER,
            physicsClientId=self._client,
        )[2]
        rgba = np.asarray(image, dtype=np.uint8)
        return rgba.reshape(self.config.height, self.config.width, 4)[..., :3].copy()


def intrinsics(camera: CameraDomain) -> NDArray[np.float64]:
    """(3, 3) pinhole matrix K in pixels, as in sensor_msgs/CameraInfo.

    Whole numbers are the middles of pixels. The renderer samples there, counts rows from the
    bottom and turns the picture over, so its principal point is one row above the half.
    """
    focal = camera.height / (2.0 * math.tan(camera.vertical_fov / 2.0))
    centre = (camera.width / 2.0, camera.height / 2.0 - 1.0)
    return np.array([[focal, 0.0, centre[0]], [0.0, focal, centre[1]], [0.0, 0.0, 1.0]])
