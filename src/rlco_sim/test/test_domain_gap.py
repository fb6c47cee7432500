# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Gaps between domains: keys that differ, by how much, and what is seen of it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from rlco_core.robot import RobotConfig
from rlco_sim.camera import extrinsics
from rlco_sim.domain import Domain
from rlco_sim.domain_gap import (
    Difference,
    differences,
    picture_gap,
    sees,
    shifts_between,
    structural_similarity,
    table_points,
)

TWIN = Domain.load("twin")
PANDA = RobotConfig.load("panda")
CAMERA = TWIN.draw(0).camera


def varied(section: str, **changes: Any) -> Domain:
    raw: dict[str, Any] = {"name": "other", **deepcopy(dict(TWIN.values))}
    raw[section].update(changes)
    return Domain.of(raw)


def the_difference(first: Domain, second: Domain) -> Difference:
    (row,) = differences(first, second)
    return row


def seen(other: Domain) -> Any:
    return picture_gap(TWIN, other, "push_cube", PANDA, range(2))


@pytest.mark.parametrize("name", ["twin", "stand_in", "wide"])
def test_a_domain_does_not_differ_from_itself(name: str) -> None:
    assert differences(Domain.load(name), Domain.load(name)) == []


def test_one_and_one_point_nought_are_the_same() -> None:
    other = varied("camera", exposure=1, white_balance=(1, 1, 1))
    assert differences(TWIN, other) == []


def test_two_numbers_differ_by_a_share() -> None:
    row = the_difference(TWIN, varied("objects", mass=0.15))
    assert (row.key, row.group) == ("objects.mass", "dynamics")
    assert (row.first, row.second, row.inside) == (0.1, 0.15, False)
    assert (row.change, row.relative, row.outside_by) == (0.05, 0.5, 0.05)


def test_nothing_is_a_share_of_zero() -> None:
    row = the_difference(TWIN, varied("camera", noise=3.0))
    assert (row.group, row.change, row.relative) == ("camera", 3.0, None)


def test_lists_differ_entry_by_entry() -> None:
    row = the_difference(TWIN, varied("looks", goal=[0.97, 0.485, 0.92]))
    assert (row.key, row.group) == ("looks.goal", "looks")
    assert row.change == [0.0, -0.485, 0.0]
    assert row.relative == 0.5


@pytest.mark.parametrize(
    ("value", "inside", "outside_by"),
    [
        (0.1, True, 0.0),
        (0.3, False, 0.1),
        (0.01, False, 0.04),
        ({"range": [0.1, 0.2]}, True, 0.0),
        ({"log_range": [0.1, 0.25]}, False, 0.05),
        ({"curriculum": {"start": 0.1, "end": {"range": [0.1, 0.15]}}}, True, 0.0),
    ],
)
def test_a_range_holds_a_value_or_by_how_much_it_does_not(
    value: Any, inside: bool, outside_by: float
) -> None:
    family = varied("objects", mass={"range": [0.05, 0.2]})
    row = the_difference(family, varied("objects", mass=value))
    assert (row.inside, row.outside_by, row.change) == (inside, outside_by, None)


@pytest.mark.parametrize(("texture", "inside"), [("wood", True), ("clouds", False)])
def test_a_choice_holds_an_option_or_does_not(texture: str, inside: bool) -> None:
    table = deepcopy(TWIN.values["looks"]["table"])
    family = varied("looks", table={**table, "texture": {"choose": ["plain", "wood"]}})
    row = the_difference(family, varied("looks", table={**table, "texture": texture}))
    assert (row.key, row.inside, row.outside_by) == ("looks.table.texture", inside, None)


def test_a_key_of_one_domain_only_is_named() -> None:
    cubes = {**TWIN.values["looks"]["cubes"], "black": [0.0, 0.0, 0.0]}
    row = the_difference(TWIN, varied("looks", cubes=cubes))
    assert (row.key, row.first) == ("looks.cubes.black", None)


def test_equal_pictures_have_similarity_one() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    assert structural_similarity(picture, picture) == pytest.approx(1.0)


def test_similarity_is_that_of_the_paper() -> None:
    rng = np.random.default_rng(1)
    x, y = (rng.integers(0, 256, (11, 11)).astype(np.uint8) for _ in range(2))
    # One window: the sums of the paper's equations (14) to (16) by hand.
    distance = np.hypot(*(np.indices((11, 11)) - 5))
    w = np.exp(-(distance**2) / (2 * 1.5**2))
    w /= w.sum()
    mx, my = (w * x).sum(), (w * y).sum()
    vx, vy = (w * (x - mx) ** 2).sum(), (w * (y - my) ** 2).sum()
    cov = (w * (x - mx) * (y - my)).sum()
    c1, c2 = 2.55**2, 7.65**2
    by_hand = (2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    found = structural_similarity(*(np.repeat(part[..., None], 3, 2) for part in (x, y)))
    assert found == pytest.approx(by_hand, rel=1e-6)


def test_the_same_domain_looks_the_same() -> None:
    gap = seen(TWIN)
    assert (gap.difference, gap.similarity, gap.colour) == (0.0, pytest.approx(1.0), (0, 0, 0))
    assert (gap.shift, gap.largest_shift, gap.apart, gap.rolled) == (0, 0, 0, 0)
    assert gap.turned == pytest.approx(0.0, abs=1e-5)


def test_brightness_is_seen_in_its_channel() -> None:
    gap = seen(varied("camera", white_balance=[0.5, 1.0, 1.0]))
    assert gap.colour[0] < -50.0
    assert gap.colour[1:] == (0.0, 0.0)
    assert gap.difference == pytest.approx(-gap.colour[0] / 3.0)
    assert gap.shift == 0.0


def test_a_camera_aside_shifts_the_table() -> None:
    eye, target = (np.add(point, (0.0, 0.05, 0.0)) for point in (CAMERA.eye, CAMERA.target))
    gap = seen(varied("camera", eye=eye.tolist(), target=target.tolist()))
    assert (gap.apart, gap.turned) == (pytest.approx(0.05), pytest.approx(0.0, abs=1e-4))
    # 5 cm at about 0.94 m with a focal length of 87.67 px.
    assert gap.shift == pytest.approx(87.67 * 0.05 / 0.94, rel=0.1)
    assert gap.largest_shift > gap.shift


def test_a_turned_camera_is_told_in_degrees() -> None:
    forward = extrinsics(CAMERA)[:3, 2]
    aside = np.cross(forward, [0.0, 0.0, 1.0])
    turned = forward + np.tan(np.radians(3.0)) * aside / np.linalg.norm(aside)
    gap = seen(varied("camera", target=(np.array(CAMERA.eye) + turned).tolist(), roll=0.1))
    assert gap.turned == pytest.approx(3.0, abs=1e-4)
    assert gap.rolled == pytest.approx(np.degrees(0.1))


def test_pictures_of_another_size_are_compared_at_the_firsts() -> None:
    k = [175.34, 0.0, 64.5, 0.0, 175.34, 62.5, 0.0, 0.0, 1.0]
    gap = seen(varied("camera", width=128, height=128, k=k))
    assert gap.shift == pytest.approx(0.0, abs=1e-6)
    assert gap.difference < 5.0


def test_only_points_that_both_see_count() -> None:
    points = table_points(PANDA.limits.workspace)
    assert points.shape == (25, 3)
    behind = np.array([[2.0, 0.0, 1.6]])
    aside = np.array([[0.5, 3.0, 0.0]])
    middle = np.array([[0.5, 0.0, 0.0]])
    strong = CAMERA.model_copy(update={"d": (-0.4, 0.0, 0.0, 0.0, 0.0)})
    for camera in (CAMERA, strong):
        found = sees(camera, np.concatenate([behind, aside, middle]))
        assert found.tolist() == [False, False, True]
    away = CAMERA.model_copy(update={"target": (2.0, 0.0, 0.0)})
    assert shifts_between(CAMERA, away, points).size == 0
