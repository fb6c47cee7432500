# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Patterns darken a surface by up to their contrast, and are seen where a domain has them."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
from altered import altered
from numpy.typing import NDArray

from rlco_core.robot import RobotConfig
from rlco_sim.camera import Camera
from rlco_sim.domain import Domain
from rlco_sim.scenery import Scenery
from rlco_sim.session import resized
from rlco_sim.settings import Texture
from rlco_sim.textures import pattern
from rlco_sim.world import World

NAMES = get_args(Texture)
DRAWN = tuple(name for name in NAMES if name != "plain")
TWIN = Domain.load("twin").typical()


def table_seen(texture: str, contrast: float) -> NDArray[np.float64]:
    """(128, 128, 3) grey levels of the table, from straight above."""
    table = {"colour": (0.6, 0.5, 0.4), "texture": texture, "contrast": contrast}
    world = World(RobotConfig.load("panda"), 0.05)
    world.rebuild(altered(TWIN, looks={"table": table}))
    world.arm.reset(np.array([3.0, -1.7, 0.0, -3.0, 0.0, 1.0, 0.0]), 0.0)
    view = {"eye": (0.55, 0.0, 0.6), "target": (0.55, 0.0, 0.0)}
    camera = resized(TWIN.camera.model_copy(update=view), 128, 128)
    scenery = Scenery(world.client, world.surfaces, {})
    image = Camera(scenery, camera, TWIN.light).render()
    world.close()
    return image.astype(np.float64)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("contrast", [0.0, 0.3, 1.0])
def test_factors_lie_between_one_and_one_less_the_contrast(name: str, contrast: float) -> None:
    factors = pattern(name, contrast)
    assert factors.ndim == 2
    assert factors.shape[0] == factors.shape[1] >= 64
    assert factors.dtype == np.float32
    darkest = 1.0 if name == "plain" else 1.0 - contrast
    assert (factors.min(), factors.max()) == pytest.approx((darkest, 1.0), abs=0.02)


@pytest.mark.parametrize("name", DRAWN)
def test_every_pattern_is_both_light_and_dark(name: str) -> None:
    factors = pattern(name, 1.0)
    assert factors.std() > 0.1
    assert 0.1 < (factors > 0.5).mean() < 0.9


def test_patterns_are_their_own_and_always_the_same() -> None:
    drawn, again = ([pattern(name, 1.0) for name in NAMES] for _ in range(2))
    assert all((one == other).all() for one, other in zip(drawn, again, strict=True))
    assert all(np.abs(one - other).mean() > 0.05 for one, other in pairwise(drawn))


def test_a_caller_cannot_spoil_a_pattern() -> None:
    pattern("wood", 0.5)[:] = 0.0
    assert pattern("wood", 0.5).max() > 0.9


@pytest.mark.parametrize("name", DRAWN)
def test_a_pattern_is_seen_on_the_table_and_only_darkens(name: str) -> None:
    plain, drawn = table_seen("plain", 0.0), table_seen(name, 0.5)
    assert plain.std(axis=(0, 1)).max() < 1.0
    factors = drawn / plain
    assert factors.max() < 1.03
    assert factors.min() == pytest.approx(0.5, abs=0.05)
    assert factors.std() > 0.05
    # One factor for all three channels: the hue stays.
    assert np.ptp(factors, axis=-1).max() < 0.03


def test_a_pattern_without_contrast_is_plain() -> None:
    assert (table_seen("checker", 0.0) == table_seen("plain", 0.0)).all()


def test_a_pattern_has_a_size_in_the_world() -> None:
    """The checker's fields are 5 cm wide: eight of them in 40 cm."""
    row = table_seen("checker", 0.5)[40, :, 0]
    focal, height = TWIN.camera.k[0] * 2.0, 0.6
    changes = np.flatnonzero(np.abs(np.diff(row)) > 20.0)
    widths = np.diff(changes) * height / focal
    assert len(widths) >= 4
    assert widths == pytest.approx(0.05, abs=0.006)
