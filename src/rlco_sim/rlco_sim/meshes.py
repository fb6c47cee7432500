# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Robot descriptions with lean meshes: a software renderer pays for every triangle.

Meshes are decimated by quadric error (Garland and Heckbert, SIGGRAPH 1997), once per process.
"""

from __future__ import annotations

import re
import tempfile
from functools import cache
from pathlib import Path

import fast_simplification
import numpy as np
import trimesh
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_sim.bullet import pybullet_data

#: Share of a mesh's triangles that is kept; at 64 pixels the rest cannot be seen.
KEPT = 0.2
#: Side of one copy of a texture, m.
TILE = 0.4
_FEWEST = 24
_FOLDER = tempfile.TemporaryDirectory(prefix="rlco_meshes_")
_SIDES = 12
_CYLINDER = re.compile(r'<cylinder radius="([^"]+)" length="([^"]+)"\s*/>')
_VISUAL = re.compile(r"<visual.*?</visual>", re.DOTALL)
_MESH = re.compile(r'filename="([^"]+\.(?:obj|stl|ply))"', re.IGNORECASE)


@cache
def lean_urdf(urdf: Path, kept: float = KEPT) -> Path:
    """A copy of ``urdf`` whose meshes have ``kept`` of their triangles, and whose visible
    cylinders have twelve sides; 1 leaves all as it is.

    ``package://`` is looked for in PyBullet's data directory, other names beside the URDF.

    Raises:
        ConfigError: a mesh is missing or cannot be read.
    """
    text = urdf.read_text(encoding="utf-8")
    for name in sorted(set(_MESH.findall(text))):
        text = text.replace(f'"{name}"', f'"{_lean_mesh(_located(name, urdf), kept)}"')
    if kept < 1.0:
        text = _VISUAL.sub(lambda visual: _CYLINDER.sub(_prism, visual.group()), text)
    folder = Path(tempfile.mkdtemp(dir=_FOLDER.name))
    copy = folder / urdf.name
    copy.write_text(text, encoding="utf-8")
    return copy


def _located(name: str, urdf: Path) -> Path:
    """The file that a URDF means by ``name``."""
    if name.startswith("package://"):
        path = Path(pybullet_data.getDataPath()) / name.removeprefix("package://")
    else:
        path = (urdf.parent / name).resolve()
    if not path.is_file():
        raise ConfigError(f"{urdf.name}: mesh '{name}' is not at {path}")
    return path


@cache
def _lean_mesh(path: Path, kept: float) -> Path:
    if kept >= 1.0:
        return path
    try:
        mesh = trimesh.load_mesh(path)
    except (ValueError, IndexError) as error:
        raise ConfigError(f"{path}: cannot read the mesh: {error}") from error
    if len(mesh.faces) == 0:
        raise ConfigError(f"{path}: cannot read the mesh: it has no faces")
    # Vertices that differ in their normals alone would let the surface tear along edges.
    mesh.merge_vertices(merge_norm=True, merge_tex=True)
    vertices = np.asarray(mesh.vertices, dtype=np.float32)
    faces = np.asarray(mesh.faces, dtype=np.int32)
    wanted = min(max(int(kept * len(faces)), _FEWEST), len(faces))
    vertices, faces = fast_simplification.simplify(vertices, faces, target_count=wanted)
    lean = Path(tempfile.mkdtemp(dir=_FOLDER.name)) / f"{path.stem}.obj"
    _write_obj(lean, vertices, faces)
    return lean


@cache
def corners_of(
    name: str, scale: tuple[float, ...]
) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]]:
    """(V, 3) vertices, (F, 3) faces and (V, 2) texture places of a mesh file."""
    mesh = trimesh.load_mesh(name, process=False)
    vertices = np.asarray(mesh.vertices, np.float32) * np.array(scale, np.float32)
    uv = getattr(mesh.visual, "uv", None)
    places = np.zeros((len(vertices), 2)) if uv is None else np.asarray(uv)
    return vertices, np.asarray(mesh.faces, np.int32), places.astype(np.float32)


@cache
def slab_mesh(half: tuple[float, float, float], faces: str) -> Path:
    """The named faces (``z+`` and the like, separated by blanks) of a box, each with a texture
    that repeats every ``TILE`` m: large boxes cost a renderer by face.
    """
    vertices: list[str] = []
    coordinates: list[str] = []
    triangles: list[str] = []
    for face in faces.split():
        axis, sign = "xyz".index(face[0]), 1.0 if face[1] == "+" else -1.0
        u, v = ((axis + 1) % 3, (axis + 2) % 3) if sign > 0 else ((axis + 2) % 3, (axis + 1) % 3)
        first = len(vertices) + 1
        for right, up in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
            corner = [0.0, 0.0, 0.0]
            corner[axis], corner[u], corner[v] = sign * half[axis], right * half[u], up * half[v]
            vertices.append("v {:.6f} {:.6f} {:.6f}".format(*corner))
            coordinates.append(f"vt {right * half[u] / TILE:.6f} {up * half[v] / TILE:.6f}")
        for second in (1, 2):
            corners = (first, first + second, first + second + 1)
            triangles.append("f " + " ".join(f"{k}/{k}" for k in corners))
    path = Path(tempfile.mkdtemp(dir=_FOLDER.name)) / "slab.obj"
    path.write_text("\n".join([*vertices, *coordinates, *triangles]) + "\n", encoding="ascii")
    return path


def _prism(cylinder: re.Match[str]) -> str:
    """A mesh in place of a cylinder, for which the renderer would take 128 triangles."""
    radius, length = (float(value) for value in cylinder.groups())
    return f'<mesh filename="{_prism_file(radius, length)}"/>'


@cache
def _prism_file(radius: float, length: float) -> Path:
    solid = trimesh.creation.cylinder(radius, length, sections=_SIDES)
    path = Path(tempfile.mkdtemp(dir=_FOLDER.name)) / "cylinder.obj"
    _write_obj(path, np.asarray(solid.vertices), np.asarray(solid.faces))
    return path


def _write_obj(path: Path, vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> None:
    """Wavefront OBJ without normals: the renderer shades flat faces by itself."""
    lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices]
    lines += [f"f {a} {b} {c}" for a, b, c in faces + 1]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
