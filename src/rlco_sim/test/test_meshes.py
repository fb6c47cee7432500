# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Lean meshes have fewer triangles and the same shape; what cannot be read is named."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet, pybullet_data
from rlco_sim.domain import Domain
from rlco_sim.meshes import TILE, lean_urdf, slab_mesh
from rlco_sim.scenery import Scenery
from rlco_sim.world import World

ROBOTS = {name: RobotConfig.load(name) for name in ("panda", "ur5e")}
TWIN = Domain.load("twin").typical()
SOLID = '<geometry><mesh filename="{}"/></geometry>'
CYLINDER = '<geometry><cylinder radius="0.05" length="0.2"/></geometry>'


def urdf(folder: Path, visual: str, collision: str = "") -> Path:
    """A URDF of one link."""
    path = folder / "thing.urdf"
    inside = f"<visual>{visual}</visual>"
    inside += f"<collision>{collision}</collision>" if collision else ""
    path.write_text(f'<robot name="thing"><link name="base">{inside}</link></robot>')
    return path


def meshes(path: Path) -> list[trimesh.Trimesh]:
    names = re.findall(r'filename="([^"]+)"', path.read_text())
    return [trimesh.load_mesh(name) for name in names]


def ball(folder: Path, name: str = "ball.obj") -> Path:
    path = folder / name
    trimesh.creation.icosphere(3, 0.1).export(path)
    return path


def arm_parts(robot: RobotConfig, kept: float) -> tuple[int, dict[int, NDArray[np.float64]]]:
    """Triangles of all, and where each link's begin and end, (2, 3) m in the link's frame."""
    world = World(robot, 0.05, kept)
    world.rebuild(TWIN)
    scenery = Scenery(world.client, world.surfaces, {})
    count = pybullet.getNumJoints(world.arm.body, physicsClientId=world.client)
    fixed = set(scenery.frames[: 4 * 7])  # table, floor and wall come first
    parts = {
        int(frame): scenery.vertices[scenery.frames == frame].astype(np.float64)
        for frame in np.unique(scenery.frames)
        if frame not in fixed
    }
    world.close()
    assert 0 < len(parts) <= count + 1
    return len(scenery.faces), {frame: np.array([v.min(0), v.max(0)]) for frame, v in parts.items()}


@pytest.mark.parametrize("robot", ROBOTS)
def test_lean_arms_have_far_fewer_triangles_and_the_same_size(robot: str) -> None:
    whole, parts = arm_parts(ROBOTS[robot], 1.0)
    lean, lean_parts = arm_parts(ROBOTS[robot], 0.2)
    assert lean < (0.3 if robot == "panda" else 0.8) * whole
    assert set(parts) == set(lean_parts)
    for frame, extent in parts.items():
        assert lean_parts[frame] == pytest.approx(extent, abs=6e-3)


@pytest.mark.parametrize("kept", [0.1, 0.5])
def test_a_share_of_the_triangles_is_kept(tmp_path: Path, kept: float) -> None:
    path = urdf(tmp_path, SOLID.format(ball(tmp_path).name))
    (before,), (after,) = meshes(lean_urdf(path, 1.0)), meshes(lean_urdf(path, kept))
    assert len(before.faces) == 1280
    assert len(after.faces) == pytest.approx(kept * 1280, rel=0.05)
    assert after.is_watertight
    assert after.volume == pytest.approx(before.volume, rel=0.05)
    assert after.bounds == pytest.approx(before.bounds, abs=3e-3)


def test_small_meshes_stay_as_they_are(tmp_path: Path) -> None:
    trimesh.creation.box((0.1, 0.2, 0.3)).export(tmp_path / "box.obj")
    (lean,) = meshes(lean_urdf(urdf(tmp_path, SOLID.format("box.obj")), 0.01))
    assert len(lean.faces) == 12
    assert lean.extents == pytest.approx([0.1, 0.2, 0.3])


def test_all_kept_is_the_file_itself(tmp_path: Path) -> None:
    path = urdf(tmp_path, SOLID.format("ball.obj") + CYLINDER)
    mesh = ball(tmp_path)
    text = lean_urdf(path, 1.0).read_text()
    assert f'filename="{mesh}"' in text
    assert CYLINDER in text


def test_visible_cylinders_become_prisms_and_solid_ones_stay(tmp_path: Path) -> None:
    lean = lean_urdf(urdf(tmp_path, CYLINDER, CYLINDER))
    (prism,) = meshes(lean)
    assert lean.read_text().count(CYLINDER) == 1
    assert len(prism.faces) == 4 * 12
    assert prism.extents == pytest.approx([0.1, 0.1, 0.2], abs=1e-4)
    assert prism.is_volume


@pytest.mark.parametrize("kind", ["obj", "stl", "ply", "STL"])
def test_meshes_of_every_kind_beside_the_urdf(tmp_path: Path, kind: str) -> None:
    (tmp_path / "parts").mkdir()
    ball(tmp_path / "parts", f"ball.{kind}")
    (lean,) = meshes(lean_urdf(urdf(tmp_path, SOLID.format(f"parts/ball.{kind}"))))
    assert len(lean.faces) == pytest.approx(256, rel=0.05)


def test_packages_are_looked_for_in_the_data_of_pybullet(tmp_path: Path) -> None:
    name = "franka_panda/meshes/collision/link0.obj"
    text = lean_urdf(urdf(tmp_path, SOLID.format(f"package://{name}")), 1.0).read_text()
    assert f'"{Path(pybullet_data.getDataPath()) / name}"' in text


@pytest.mark.parametrize("name", ["lost.obj", "package://no/such.stl"])
def test_a_missing_mesh_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"thing.urdf: mesh '{name}' is not at /"):
        lean_urdf(urdf(tmp_path, SOLID.format(name)))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("obj", "nonsense"),
        ("obj", ""),
        ("obj", "v a b c\n"),
        ("obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n"),
        ("ply", "nonsense"),
        ("stl", "nonsense"),
    ],
)
def test_a_mesh_that_cannot_be_read_is_named(tmp_path: Path, kind: str, text: str) -> None:
    (tmp_path / f"bad.{kind}").write_text(text)
    with pytest.raises(ConfigError, match=rf"bad\.{kind}: cannot read the mesh: ") as caught:
        lean_urdf(urdf(tmp_path, SOLID.format(f"bad.{kind}")))
    assert "\n" not in str(caught.value)


def test_a_robot_s_meshes_are_thinned_out_once() -> None:
    path = ROBOTS["panda"].urdf
    assert lean_urdf(path) == lean_urdf(path)
    assert lean_urdf(path) != lean_urdf(path, 0.5)


@pytest.mark.parametrize("faces", ["z+", "x+ x-", "z+ x+ x- y+ y-", "z- y-"])
def test_slabs_have_the_named_faces_with_a_texture_in_tiles(faces: str) -> None:
    half = (0.4, 0.6, 0.02)
    slab = trimesh.load_mesh(slab_mesh(half, faces), process=False)
    names = faces.split()
    normals = {
        f"{'xyz'[np.abs(n).argmax()]}{'+' if n.sum() > 0 else '-'}" for n in slab.face_normals
    }
    assert normals == set(names)
    assert len(slab.faces) == 2 * len(names)
    area = {"x": 4 * half[1] * half[2], "y": 4 * half[0] * half[2], "z": 4 * half[0] * half[1]}
    assert slab.area == pytest.approx(sum(area[name[0]] for name in names))
    assert np.abs(slab.vertices) == pytest.approx(np.tile(half, (len(slab.vertices), 1)))
    assert isinstance(slab.visual, trimesh.visual.TextureVisuals)
    along = np.ptp(np.asarray(slab.visual.uv)[:4], axis=0) * TILE
    sides = np.ptp(np.asarray(slab.vertices)[:4], axis=0)
    assert sorted(along) == pytest.approx(sorted(sides)[1:], abs=1e-5)
