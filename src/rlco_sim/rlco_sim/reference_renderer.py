# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""PyBullet's TinyRenderer on the same camera and light: what our own pictures are held against."""

from __future__ import annotations

import numpy as np

from rlco_sim.bullet import pybullet
from rlco_sim.camera import Image, Matrix, extrinsics, intrinsics
from rlco_sim.settings import CameraSettings, LightSettings

_NEAR, _FAR = 0.05, 6.0


def reference_picture(client: int, camera: CameraSettings, light: LightSettings) -> Image:
    """(height, width, 3) uint8 RGB of a pinhole camera without textures, lens and sensor."""
    image = pybullet.getCameraImage(
        camera.width,
        camera.height,
        _view_matrix(extrinsics(camera)).T.ravel().tolist(),
        _projection(intrinsics(camera), camera.width, camera.height),
        lightDirection=light.direction,
        lightColor=light.colour,
        lightAmbientCoeff=light.ambient,
        lightDiffuseCoeff=light.diffuse,
        lightSpecularCoeff=light.specular,
        lightDistance=2.0,
        shadow=int(light.shadow),
        flags=pybullet.ER_NO_SEGMENTATION_MASK,
        renderer=pybullet.ER_TINY_RENDERER,
        physicsClientId=client,
    )[2]
    rgba = np.asarray(image, dtype=np.uint8)
    return rgba.reshape(camera.height, camera.width, 4)[..., :3].copy()


def _view_matrix(pose: Matrix) -> Matrix:
    """(4, 4) OpenGL view matrix of an optical frame: GL looks along -z with y up."""
    flipped = pose @ np.diag([1.0, -1.0, -1.0, 1.0])
    return np.asarray(np.linalg.inv(flipped))


def _projection(k: Matrix, width: int, height: int) -> list[float]:
    """OpenGL projection matrix, column by column, of a pinhole camera.

    The renderer counts rows from the bottom and turns the picture over, so its middle is one
    row above the half.
    """
    projection = np.zeros((4, 4))
    projection[0, 0] = 2.0 * k[0, 0] / width
    projection[0, 2] = 1.0 - 2.0 * k[0, 2] / width
    projection[1, 1] = 2.0 * k[1, 1] / height
    projection[1, 2] = 2.0 * (k[1, 2] + 1.0) / height - 1.0
    projection[2, 2] = -(_FAR + _NEAR) / (_FAR - _NEAR)
    projection[2, 3] = -2.0 * _FAR * _NEAR / (_FAR - _NEAR)
    projection[3, 2] = -1.0
    return [float(value) for value in projection.T.ravel()]
