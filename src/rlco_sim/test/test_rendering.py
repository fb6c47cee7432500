# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures are those of PyBullet's own renderer, and of meshes that are not thinned out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from altered import altered_domain
from numpy.typing import NDArray

from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet
from rlco_sim.camera import Image, project
from rlco_sim.domain import Domain
from rlco_sim.domain_gap import structural_similarity
from rlco_sim.reference_renderer import reference_picture
from rlco_sim.session import Session, resized

TASKS = ("push_cube", "pick_place", "open_drawer", "close_drawer")
TWIN = Domain.load("twin")
ROBOTS = {name: RobotConfig.load(name) for name in ("panda", "ur5e")}


@pytest.fixture(scope="module", params=[(task, robot) for task in TASKS for robot in ROBOTS],
                ids="-".join)  # fmt: skip
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    task, robot = request.param
    made = Session(task, TWIN, ROBOTS[robot])
    yield made
    made.close()


def reference(session: Session) -> Image:
    """What PyBullet's renderer makes of the world as it is now."""
    settings = session.world.settings
    return reference_picture(session.world.client, settings.camera, settings.light)


def difference(one: Image, other: Image) -> float:
    """Mean, grey levels of 255."""
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize("seed", [0, 1])
def test_pictures_are_those_of_pybullet_s_renderer(session: Session, seed: int) -> None:
    session.reset(seed)
    ours, theirs = session.image(), reference(session)
    assert theirs.std() > 20.0, "there is something to see"
    assert structural_similarity(ours, theirs) > 0.98
    assert difference(ours, theirs) < 0.5


def test_both_follow_what_moves(session: Session) -> None:
    session.reset(2)
    before = session.image()
    home = np.array(session.robot.home)
    for step in range(12):
        session.advance(home + 0.04 * (step + 1), session.fingers)
    assert difference(session.image(), before) > 1.0
    assert difference(session.image(), reference(session)) < 0.5


@pytest.mark.parametrize("robot", ROBOTS)
def test_a_world_that_is_shifted_by_a_pixel_would_be_noticed(robot: str) -> None:
    """The bounds above are tight enough to mean something."""
    made = Session("push_cube", TWIN, ROBOTS[robot])
    ours, theirs = made.image(), reference(made)
    for axis in (0, 1):
        shifted = np.roll(theirs, 1, axis)
        assert structural_similarity(ours, shifted) < 0.97
        assert difference(ours, shifted) > 1.0
    made.close()


@pytest.mark.parametrize("robot", ROBOTS)
def test_thin_meshes_cannot_be_told_from_whole_ones(robot: str) -> None:
    thin = Session("pick_place", TWIN, ROBOTS[robot])
    whole = Session("pick_place", TWIN, ROBOTS[robot], kept=1.0)
    for seed in (0, 1):
        images = []
        for each in (thin, whole):
            each.reset(seed)
            images.append(each.image())
        assert structural_similarity(*images) > 0.995
        assert difference(*images) < 0.2
    thin.close()
    whole.close()


def hit(client: int, points: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,) whether something stands between two points, by the physics."""
    found = pybullet.rayTestBatch(points.tolist(), ends.tolist(), physicsClientId=client)
    return np.array([first[0] >= 0 for first in found])


@pytest.mark.parametrize("robot", ROBOTS)
def test_shadows_fall_where_rays_to_the_light_meet_something(robot: str) -> None:
    light = {"shadow": True, "direction": [-0.4, -0.9, 1.4]}
    lit, shaded = (Session("push_cube", altered_domain("twin", light=changes), ROBOTS[robot])
                   for changes in ({**light, "shadow": False}, light))  # fmt: skip
    client, camera = shaded.world.client, shaded.world.settings.camera
    places = np.meshgrid(np.linspace(0.36, 0.64, 40), np.linspace(-0.25, 0.33, 40))
    table = np.stack([*places, np.full((40, 40), 3e-3)], axis=-1).reshape(-1, 3)
    seen = table[~hit(client, table, np.tile(camera.eye, (len(table), 1)))]
    expected = hit(client, seen, seen + 2.0 * np.array(light["direction"]))
    drop = (lit.view(512, 512).astype(int) - shaded.view(512, 512)).sum(axis=-1) > 30
    pixels = np.round(project(resized(camera, 512, 512), seen)).astype(int)
    inside = ((pixels >= 0) & (pixels < 512)).all(axis=1)
    (columns, rows), expected = pixels[inside].T, expected[inside]
    found = drop[rows, columns]
    assert 0.04 < expected.mean() < 0.5
    assert (found & expected).sum() / (found | expected).sum() > 0.8
    lit.close()
    shaded.close()
