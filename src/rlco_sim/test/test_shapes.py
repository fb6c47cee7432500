# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The things to pick and place: many, of two splits, as the physics has them, and graspable."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pinocchio as pin
import pytest
import yaml

from rlco_core.config import read_yaml
from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet
from rlco_sim.domain import Domain
from rlco_sim.shapes import _File, names, shape
from rlco_sim.world import World

TRAIN, UNSEEN = names(unseen=False), names(unseen=True)
ALL = (*TRAIN, *UNSEEN)
NARROWEST = 2.0 * min(RobotConfig.load(name).gripper.open for name in ("panda", "ur5e"))
BOX = {"box": [0.02, 0.02, 0.02], "at": [0.0, 0.0, 0.02]}
GOOD: dict[str, Any] = {
    "split": "train", "solids": [BOX], "grasps": [{"height": 0.02, "yaw": 0.0, "width": 0.04}],
}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World(RobotConfig.load("panda"), 0.05)
    made.rebuild(Domain.load("twin").typical())
    made.arm.reset(np.array([3.0, -1.7, 0.0, -3.0, 0.0, 1.0, 0.0]), 0.0)
    yield made
    made.close()


def test_there_are_many_and_none_is_in_both_splits() -> None:
    assert len(ALL) == len(set(ALL)) >= 10
    assert len(TRAIN) >= 8
    assert len(UNSEEN) >= 3


def test_no_name_hides_in_another() -> None:
    """Instructions are searched for them as words."""
    assert all(name.isalpha() and name.islower() for name in ALL)


def test_no_two_look_alike() -> None:
    outlines = {name: np.sort(np.ptp(shape(name).corners, axis=0)) for name in ALL}
    parts = {name: [part.kind for part in shape(name).parts] for name in ALL}
    for one, other in combinations(ALL, 2):
        apart = np.abs(outlines[one] - outlines[other]).max()
        assert apart > 3e-3 or parts[one] != parts[other], (one, other)


@pytest.mark.parametrize("name", ALL)
def test_it_stands_on_the_table_at_its_centre_of_mass(world: World, name: str) -> None:
    thing = shape(name)
    body = world.add_thing(thing.parts, (0.5, 0.0, thing.standing), (1.0, 0.0, 0.0), mass=0.1,
                           patch=0.002)  # fmt: skip
    low, high = np.array(pybullet.getAABB(body, -1, world.client))
    assert high[2] == pytest.approx(thing.height, abs=3e-3)
    assert (high - low)[:2].max() < 0.13
    for _ in range(15):
        world.arm.advance(np.array([3.0, -1.7, 0.0, -3.0, 0.0, 1.0, 0.0]), 0.0)
    assert world.position(body) == pytest.approx([0.5, 0.0, thing.standing], abs=2e-3), "it falls"
    assert world.pose(body).rotation[2, 2] > 0.999
    world.remove(body)


@pytest.mark.parametrize("name", ALL)
def test_its_lowest_point_is_that_of_the_physics(world: World, name: str) -> None:
    """However it is turned: nothing is nearer to a plane far below it."""
    thing, rng = shape(name), np.random.default_rng(0)
    body = world.add_thing(thing.parts, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), mass=0.1)
    plane = world.add_box((1.0, 1.0, 0.1), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    for _ in range(4):
        turn = pin.Quaternion(rng.normal(size=4)).normalized()
        pose = pin.SE3(turn, np.array([0.0, 0.0, 3.0]))
        pybullet.resetBasePositionAndOrientation(
            body, pose.translation, turn.coeffs(), physicsClientId=world.client
        )
        world.place(plane, (0.0, 0.0, 2.8))
        points = pybullet.getClosestPoints(body, plane, 1.0, physicsClientId=world.client)
        nearest = min(point[8] for point in points)
        assert thing.lowest(pose) - 2.9 == pytest.approx(nearest, abs=1.5e-3)
    world.remove(body)
    world.remove(plane)


@pytest.mark.parametrize("name", ALL)
def test_both_grippers_fit_around_every_grasp(name: str) -> None:
    thing = shape(name)
    assert thing.grasps
    for grasp in thing.grasps:
        assert grasp.width <= NARROWEST - 0.015
        assert 0.009 < grasp.point[2] + thing.standing < thing.height + 1e-9
        assert np.abs(grasp.point[:2]).max() < 0.06
    turns = [grasp.yaw for grasp in thing.grasps]
    assert None not in turns or len(turns) == 1


def test_sizes_scale_everything() -> None:
    for name in ALL:
        plain, large = shape(name), shape(name, 1.1)
        assert large.corners == pytest.approx(1.1 * plain.corners)
        assert (large.standing, large.height) == pytest.approx((1.1 * plain.standing,
                                                                1.1 * plain.height))  # fmt: skip
        for grasp, same in zip(large.grasps, plain.grasps, strict=True):
            assert grasp.point == pytest.approx(1.1 * same.point)
            assert (grasp.width, grasp.yaw) == (pytest.approx(1.1 * same.width), same.yaw)


@pytest.mark.parametrize("yaw", [-1.2, -0.4, 0.2, 0.9])
def test_a_lying_bar_is_grasped_across_where_it_is_narrow(yaw: float) -> None:
    bar = shape("bar")
    pose = pin.SE3(pin.utils.rotate("z", yaw) @ pin.utils.rotate("x", np.pi / 2),
                   np.array([0.5, 0.1, 0.014]))  # fmt: skip
    tool = bar.lying(pose)
    turned = np.arctan2(tool.rotation[1, 0], tool.rotation[0, 0])
    assert np.sin(turned - yaw) == pytest.approx(0.0, abs=0.14), "its fingers close along its y"
    assert tool.translation == pytest.approx([0.5, 0.1, 0.014], abs=1e-6)
    assert tool.rotation[2, 2] == pytest.approx(1.0)


def changed(part: str = "", **keys: Any) -> dict[str, Any]:
    """A good shape with some keys of a solid, of a grasp or of itself set; None takes one away."""
    entry = deepcopy(GOOD)
    target = entry[part][0] if part else entry
    target.update(keys)
    for key in [key for key, value in keys.items() if value is None]:
        del target[key]
    return entry


def read(folder: Path, shapes: dict[str, Any]) -> None:
    path = folder / "shapes.yaml"
    path.write_text(yaml.safe_dump({"shapes": shapes}))
    read_yaml(_File, path)


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    read(tmp_path, {"thing": GOOD, "other": changed("solids", box=None, cylinder=[0.02, 0.02])})


@pytest.mark.parametrize(
    ("name", "entry", "message"),
    [
        ("thing", changed(split="test"), "shapes.thing.split: .*'train' or 'unseen'"),
        ("thing", changed(solids=[]), "shapes.thing.solids: .*at least 1"),
        ("thing", changed(grasps=[]), "shapes.thing.grasps: .*at least 1"),
        ("thing", changed(color=[1, 0, 0]), "shapes.thing.color: unknown key"),
        ("thing", changed("solids", ball=[0.1]), "shapes.thing.solids.0.ball: unknown key"),
        ("thing", changed("solids", box=None), "must be one of box, cylinder and ring"),
        ("thing", changed("solids", cylinder=[0.1, 0.1]), "must be one of box, cylinder and ring"),
        ("thing", changed("solids", box=[0.1, 0.1]), "shapes.thing.solids.0.box: .*3 items"),
        ("thing", changed("solids", shade=0.0), "shapes.thing.solids.0.shade: .*greater than 0"),
        ("thing", changed("solids", at=[0, 0, float("nan")]), r"solids.0.at.2: .*finite"),
        ("thing", changed("grasps", width=0.07), "grasps.0.width: .*less than or equal to 0.06"),
        ("thing", changed("grasps", height=0.0), "grasps.0.height: .*greater than 0"),
        ("thing", changed("grasps", height=None), "grasps.0.height: .*required"),
        ("Two words", GOOD, "shapes.Two words.*: .*pattern"),
    ],
)
def test_what_does_not_fit_is_named_with_its_key(
    tmp_path: Path, name: str, entry: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read(tmp_path, {name: entry})
    assert str(caught.value).startswith(f"{tmp_path}/shapes.yaml: shapes.")
    assert "\n" not in str(caught.value)
