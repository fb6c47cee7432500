# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures show the world where ``project`` says, bent or not, and as the sensor would."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from rlco_core.robot import RobotConfig
from rlco_sim.camera import Camera, extrinsics, intrinsics, look_at, project
from rlco_sim.domain import Domain
from rlco_sim.scenery import Scenery
from rlco_sim.session import framed, resized
from rlco_sim.settings import CameraSettings, LightSettings
from rlco_sim.world import World

TWIN = Domain.load("twin").draw(0)
SIZES = [(64, 64), (320, 240), (241, 161)]
LENSES = [
    (0.0, 0.0, 0.0, 0.0, 0.0),
    (-0.12, 0.03, 0.0, 0.001, 0.0),
    (-0.4, 0.2, 0.01, -0.01, -0.02),
    (0.25, 0.05, 0.0, 0.0, 0.0),
]
RED = (1.0, 0.0, 0.0)


@pytest.fixture
def world() -> Iterator[World]:
    made = World(RobotConfig.load("panda"), 0.05)
    made.rebuild(TWIN)
    arm_out_of_the_picture = np.array([3.0, -1.7, 0.0, -3.0, 0.0, 1.0, 0.0])
    made.arm.reset(arm_out_of_the_picture, 0.0)
    yield made
    made.close()


def camera_of(width: int, height: int, **changes: object) -> CameraSettings:
    """The twin's, at another size, with other settings."""
    scaled = resized(TWIN.camera, width, height)
    return CameraSettings.model_validate({**scaled.model_dump(), **changes})


def looking(world: World, camera: CameraSettings, light: LightSettings = TWIN.light) -> Camera:
    return Camera(Scenery(world.client, world.surfaces, {}), camera, light)


def shot(world: World, camera: CameraSettings) -> NDArray[np.uint8]:
    return looking(world, camera).render()


def red_middle(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(2,) u and v of the middle of what is red."""
    redness = image[..., 0].astype(np.int64) - image[..., 1:].max(axis=-1)
    rows, columns = np.nonzero(redness > 60)
    return np.array([columns.mean(), rows.mean()])


@pytest.mark.parametrize("d", LENSES)
@pytest.mark.parametrize("roll", [0.0, 0.3])
def test_a_small_box_appears_where_it_is_projected(
    world: World, d: tuple[float, ...], roll: float
) -> None:
    camera = camera_of(256, 256, d=d, roll=roll)
    box = world.add_box((0.008, 0.008, 0.008), (0.0, 0.0, 0.0), RED, solid=False)
    errors = []
    for x in (0.33, 0.45, 0.57):
        for y in (-0.18, 0.0, 0.18):
            middle = np.array([x, y, 0.1])
            world.place(box, middle)
            errors.append(red_middle(shot(world, camera)) - project(camera, middle[None])[0])
    assert np.abs(errors).max() < 0.6
    assert np.mean(errors, axis=0) == pytest.approx([0.0, 0.0], abs=0.25)


def test_a_lens_moves_what_lies_aside_by_pixels() -> None:
    aside = np.array([[0.33, 0.18, 0.1]])
    straight, bent = (project(camera_of(256, 256, d=d), aside) for d in (LENSES[0], LENSES[2]))
    assert np.linalg.norm(bent - straight) > 3.0


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_flat_square_is_centred_where_it_is_projected(
    world: World, width: int, height: int
) -> None:
    camera, rng = (
        camera_of(width, height, eye=(0, 0, 2), target=(1, 0, 2)),
        np.random.default_rng(0),
    )
    square = world.add_box((1e-4, 0.05, 0.05), (0.0, 0.0, 0.0), RED, solid=False)
    renderer, errors = looking(world, camera), []
    for y, z in rng.uniform(-0.15, 0.15, (60, 2)):
        face = np.array([1.0, y, 2.0 + z])
        world.place(square, face)
        errors.append(red_middle(renderer.render()) - project(camera, face[None])[0])
    assert np.mean(errors, axis=0) == pytest.approx([0.0, 0.0], abs=0.1)
    assert np.abs(errors).max() < 1.0


@pytest.mark.parametrize(("channel", "name"), [(0, "red"), (1, "green"), (2, "blue")])
def test_channels_are_in_the_order_red_green_blue(world: World, channel: int, name: str) -> None:
    world.add_box((0.1, 0.1, 0.001), (0.5, 0.0, 0.001), TWIN.looks.cubes[name], solid=False)
    u, v = np.round(project(TWIN.camera, np.array([[0.5, 0.0, 0.001]]))[0]).astype(int)
    assert shot(world, TWIN.camera)[v, u].argmax() == channel


@pytest.mark.parametrize("d", LENSES[:2])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_pictures_are_rgb_bytes_of_the_asked_size(
    world: World, width: int, height: int, d: tuple[float, ...]
) -> None:
    camera = looking(world, camera_of(width, height, d=d))
    image = camera.render()
    assert (image.shape, image.dtype) == ((height, width, 3), np.uint8)
    image[:] = 0  # the caller's own
    assert camera.render().any()


def test_a_bent_picture_has_no_empty_border(world: World) -> None:
    image = shot(world, camera_of(256, 256, d=LENSES[2], eye=(0.5, 0.0, 0.6), target=(0.5, 0, 0)))
    assert image.min() > 100  # the table alone fills it


def test_looking_changes_nothing(world: World) -> None:
    camera = looking(world, TWIN.camera)
    first = camera.render()
    shot(world, camera_of(200, 100))
    assert (camera.render() == first).all()


def test_intrinsics_are_those_of_the_settings() -> None:
    expected = np.array([[87.67, 0.0, 32.0], [0.0, 87.67, 31.0], [0.0, 0.0, 1.0]])
    assert (intrinsics(TWIN.camera) == expected).all()


def test_the_optical_frame_looks_at_its_target_with_x_to_the_right() -> None:
    pose = extrinsics(camera_of(64, 64, eye=(1.0, 0.0, 0.5), target=(0.0, 0.0, 0.5)))
    expected = np.array([[0, 0, -1, 1], [1, 0, 0, 0], [0, -1, 0, 0.5], [0, 0, 0, 1]], float)
    assert pose == pytest.approx(expected)


def test_roll_turns_the_camera_clockwise() -> None:
    level, rolled = (camera_of(64, 64, roll=roll) for roll in (0.0, 0.5))
    point = np.array([[0.5, 0.2, 0.02]])  # on the right, at the height of the target
    assert project(rolled, point)[0, 1] < project(level, point)[0, 1] - 5.0


@pytest.mark.parametrize("target", [(0.5, 0.1, 0.0), (1.0, 0.3, 0.0), (1.0, 0.3, 2.0)])
@pytest.mark.parametrize("roll", [0.0, -1.2, 3.0])
def test_look_at_undoes_extrinsics(target: tuple[float, ...], roll: float) -> None:
    pose = extrinsics(camera_of(64, 64, eye=(1.0, 0.3, 0.8), target=target, roll=roll))
    again = extrinsics(camera_of(64, 64, **look_at(pose, 0.7)))
    assert again == pytest.approx(pose)


def test_resizing_keeps_the_view_and_framing_keeps_its_middle() -> None:
    points = np.array([[0.5, 0.1, 0.0], [0.4, -0.2, 0.1]])
    small = project(TWIN.camera, points)
    larger = project(resized(TWIN.camera, 256, 128), points)
    assert larger + 0.5 == pytest.approx((small + 0.5) * [4.0, 2.0])
    wide = project(framed(TWIN.camera, 256, 128), points)
    assert wide + 0.5 == pytest.approx((small + 0.5) * 2.0 + [64.0, 0.0])


def test_more_light_is_brighter(world: World) -> None:
    dark = TWIN.light.model_copy(update={"ambient": 0.1, "diffuse": 0.1})
    images = [looking(world, TWIN.camera, light).render() for light in (dark, TWIN.light)]
    assert images[0].mean() < images[1].mean() - 20


def test_exposure_and_white_balance_are_gains(world: World) -> None:
    plain = shot(world, TWIN.camera).astype(np.float64)
    gained = shot(world, camera_of(64, 64, exposure=0.5, white_balance=(1.0, 0.8, 1.2)))
    assert np.abs(gained - plain * [0.5, 0.4, 0.6]).max() <= 0.5


def test_noise_has_its_deviation_and_none_without_a_generator(world: World) -> None:
    dim = camera_of(64, 64, exposure=0.5)
    noisy = looking(world, dim.model_copy(update={"noise": 6.0}))
    clean = shot(world, dim).astype(np.float64)
    first, again, other = (noisy.render(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.std(first - clean) == pytest.approx(6.0, rel=0.05)
    assert (first == again).all()
    assert (first != other).any()
    assert (noisy.render() == clean).all()


@pytest.mark.parametrize("changes", [{"blur": 1.0}, {"jpeg_quality": 20}])
def test_blur_and_jpeg_take_detail_and_keep_brightness(
    world: World, changes: dict[str, float]
) -> None:
    world.add_box((0.05, 0.05, 0.05), (0.5, 0.0, 0.05), RED, solid=False)
    clean, soft = shot(world, TWIN.camera), shot(world, camera_of(64, 64, **changes))
    assert (soft != clean).mean() > 0.02
    assert soft.mean() == pytest.approx(clean.mean(), abs=1.0)
    assert (soft[..., 0] > soft[..., 2]).mean() > 0.5  # red and blue in their places
