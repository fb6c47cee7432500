# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures show the world where the intrinsics say, to a tenth of a pixel."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from rlco_core.robot import RobotConfig
from rlco_sim.camera import Camera, intrinsics
from rlco_sim.domain import CameraDomain, Domain
from rlco_sim.world import World

TWIN = Domain.load("twin")
SIZES = [(64, 64), (320, 240), (241, 161)]


@pytest.fixture
def world() -> Iterator[World]:
    made = World(RobotConfig.load("panda"), TWIN, 0.05)
    arm_out_of_the_picture = np.array([3.0, -1.7, 0.0, -3.0, 0.0, 1.0, 0.0])
    made.reset_arm(arm_out_of_the_picture, 0.0)
    yield made
    made.close()


def sized(width: int, height: int, **changes: object) -> CameraDomain:
    return TWIN.camera.model_copy(update={"width": width, "height": height, **changes})


def redness(image: NDArray[np.uint8]) -> NDArray[np.int64]:
    return image[..., 0].astype(np.int64) - image[..., 1:].max(axis=-1)


def pixel_of(camera: CameraDomain, point: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2,) u and v of a point in the base frame, by the optical frame of REP 103."""
    eye = np.array(camera.eye)
    forward = (np.array(camera.target) - eye) / np.linalg.norm(np.array(camera.target) - eye)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    optical = np.stack([right, np.cross(forward, right), forward]) @ (point - eye)
    pixel = intrinsics(camera) @ optical
    return pixel[:2] / pixel[2]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_flat_square_is_centred_where_it_is_projected(
    world: World, width: int, height: int
) -> None:
    config = sized(width, height, eye=(0.0, 0.0, 2.0), target=(1.0, 0.0, 2.0))
    camera, rng, errors = Camera(world.client, config, TWIN.light), np.random.default_rng(0), []
    square = world.add_box((1e-4, 0.05, 0.05), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), solid=False)
    for y, z in rng.uniform(-0.15, 0.15, (100, 2)):
        face = np.array([1.0, y, 2.0 + z])
        world.place(square, face)
        rows, columns = np.nonzero(redness(camera.render()) > 40)
        errors.append([columns.mean(), rows.mean()] - pixel_of(config, face))
    assert np.mean(errors, axis=0) == pytest.approx([0.0, 0.0], abs=0.1)
    assert np.abs(errors).max() < 1.0


@pytest.mark.parametrize("spot", [(0.45, 0.15), (0.45, -0.15), (0.62, 0.0), (0.40, 0.0)])
def test_a_red_spot_on_the_table_is_seen_by_the_twins_camera(
    world: World, spot: tuple[float, float]
) -> None:
    x, y = spot
    world.add_box((0.02, 0.02, 0.0005), (x, y, 0.001), (1.0, 0.0, 0.0), solid=False)
    image = Camera(world.client, TWIN.camera, TWIN.light).render()
    rows, columns = np.nonzero(redness(image) > 60)
    u, v = pixel_of(TWIN.camera, np.array([x, y, 0.001]))
    assert columns.mean() == pytest.approx(u, abs=1.0)
    assert rows.mean() == pytest.approx(v, abs=1.0)


@pytest.mark.parametrize(("channel", "name"), [(0, "red"), (1, "green"), (2, "blue")])
def test_channels_are_in_the_order_red_green_blue(world: World, channel: int, name: str) -> None:
    world.add_box((0.1, 0.1, 0.001), (0.5, 0.0, 0.001), TWIN.looks.cubes[name], solid=False)
    image = Camera(world.client, TWIN.camera, TWIN.light).render()
    u, v = np.round(pixel_of(TWIN.camera, np.array([0.5, 0.0, 0.001]))).astype(int)
    assert image[v, u].argmax() == channel


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_pictures_are_rgb_bytes_of_the_asked_size(world: World, width: int, height: int) -> None:
    camera = Camera(world.client, sized(width, height), TWIN.light)
    image = camera.render()
    assert (image.shape, image.dtype) == ((height, width, 3), np.uint8)
    image[:] = 0  # the caller's own
    assert camera.render().any()


def test_looking_changes_nothing(world: World) -> None:
    camera = Camera(world.client, TWIN.camera, TWIN.light)
    first = camera.render()
    Camera(world.client, sized(200, 100), TWIN.light).render()
    assert (camera.render() == first).all()


def test_intrinsics_of_a_right_angle() -> None:
    matrix = intrinsics(sized(320, 240, vertical_fov=np.pi / 2))
    assert matrix == pytest.approx(np.array([[120, 0, 160], [0, 120, 119], [0, 0, 1]]))


def test_more_light_is_brighter(world: World) -> None:
    dark = TWIN.light.model_copy(update={"ambient": 0.1, "diffuse": 0.1})
    images = [Camera(world.client, TWIN.camera, light).render() for light in (dark, TWIN.light)]
    assert images[0].mean() < images[1].mean() - 20
