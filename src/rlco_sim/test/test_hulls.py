# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What is looked at for collisions is never smaller than the meshes of the robot's URDF."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import coal
import numpy as np
import pytest
import trimesh

from rlco_core.robot import RobotConfig
from rlco_core.shapes import rounded_hull
from rlco_sim.bullet import pybullet_data

_SPECK = 1e-6


def vertices(robot: RobotConfig, link: str) -> np.ndarray:
    """(v, 3) m of a link's collision mesh, in the link's frame."""
    (collision,) = ET.parse(robot.urdf).getroot().findall(f"link[@name='{link}']/collision")
    assert collision.find("origin") is None
    mesh = collision.find("geometry/mesh")
    assert mesh is not None
    name = mesh.attrib["filename"].removeprefix("package://")
    return np.asarray(trimesh.load_mesh(Path(pybullet_data.getDataPath()) / name).vertices)


@pytest.mark.parametrize("name", ["panda", "fr3"])
@pytest.mark.parametrize("link", [*(f"link{k}" for k in range(8)), "hand"])
def test_every_mesh_is_within_its_hull(name: str, link: str) -> None:
    """Hulls are convex, so that it is enough to look at vertices."""
    robot = RobotConfig.load(name)
    hull = robot.hulls[f"{name}_{link}"]
    solid, speck, here = rounded_hull(hull.points, hull.radius), coal.Sphere(_SPECK), np.eye(3)
    depths = []
    for vertex in vertices(robot, f"{name}_{link}"):
        asked, found = coal.DistanceRequest(), coal.DistanceResult()
        place = coal.Transform3s(here, vertex)
        depths.append(coal.distance(solid, coal.Transform3s(), speck, place, asked, found))
    assert max(depths) < -2.0 * _SPECK
    assert min(depths) > -0.08, "and not much larger"


def test_the_fr3_has_the_hulls_of_the_panda() -> None:
    panda, fr3 = RobotConfig.load("panda"), RobotConfig.load("fr3")
    of = {name.removeprefix("panda_"): hull for name, hull in panda.hulls.items()}
    assert {name.removeprefix("fr3_"): hull for name, hull in fr3.hulls.items()} == of
