# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What there is to see in a physics client: its visual shapes as triangles, and where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import pinocchio as pin
import trimesh
from numpy.typing import NDArray

from rlco_sim.bullet import pybullet
from rlco_sim.meshes import corners_of
from rlco_sim.raster import Floats, Ints
from rlco_sim.settings import Surface
from rlco_sim.textures import pattern

Place: TypeAlias = tuple[float, ...]

_SIDES = 16


@dataclass(frozen=True)
class Triangles:
    """A shape: (V, 3) vertices, (F, 3) faces, (V, 2) texture places."""

    vertices: Floats
    faces: Ints
    uv: Floats


class Scenery:
    """The triangles of all bodies of a client; looked up once, as shapes never change.

    Args:
        client: the physics client.
        surfaces: patterns of the large bodies that shadows fall on.
        tints: factors on the colours of bodies.

    Attributes:
        vertices, frames: (V, 3) m in the frame whose number is in (V,).
        faces, colours, texture, casts: (F, 3) vertices, (F, 3) RGB, (F,) pattern or -1, and
            whether the face casts a shadow.
        uv: (V, 2) texture places.
        patterns: (T, S, S) factors on the colour.
    """

    def __init__(
        self,
        client: int,
        surfaces: Mapping[int, Surface],
        tints: Mapping[int, Sequence[float]],
    ) -> None:
        self._client = client
        self._bodies = _bodies(client)
        self._links = [(body, links) for body, _, links in self._bodies if links]
        self._count = sum(1 + len(links) for _, _, links in self._bodies)
        self.patterns = _patterns(surfaces)
        parts: list[tuple[Any, ...]] = []
        drawn, first_link = 0, len(self._bodies)
        for base, (body, _, links) in enumerate(self._bodies):
            texture = _texture(surfaces.get(body), list(surfaces.values()))
            tint = np.array(tints.get(body, (1.0, 1.0, 1.0)))
            frames = {-1: base, **{link: first_link + link for link in links}}
            first_link += len(links)
            for shape in pybullet.getVisualShapeData(body, physicsClientId=client):
                triangles = _posed(*shape[2:7])
                count = len(triangles.faces)
                parts.append((
                    triangles.vertices,
                    np.full(len(triangles.vertices), frames[shape[1]], np.int32),
                    triangles.faces + drawn,
                    np.tile((tint * shape[7][:3]).astype(np.float32), (count, 1)),
                    np.full(count, texture, np.int32),
                    # Table, floor and walls are what shadows fall on.
                    np.full(count, body not in surfaces),
                    triangles.uv,
                ))  # fmt: skip
                drawn += len(triangles.vertices)
        stacked = [np.concatenate(column) for column in zip(*parts, strict=True)]
        (self.vertices, self.frames, self.faces, self.colours, self.texture, self.casts,
         self.uv) = stacked  # fmt: skip

    def poses(self) -> Floats:
        """(N, 7) position and quaternion (x, y, z, w) of every frame as it is now."""
        client = self._client
        poses = np.empty((self._count, 7), np.float32)
        for n, (body, offset, _) in enumerate(self._bodies):
            where, turn = pybullet.getBasePositionAndOrientation(body, physicsClientId=client)
            if offset is not None:  # PyBullet tells of the centre of mass
                base = pin.XYZQUATToSE3(np.array([*where, *turn])) * pin.XYZQUATToSE3(offset)
                poses[n] = pin.SE3ToXYZQUAT(base)
            else:
                poses[n, :3], poses[n, 3:] = where, turn
        n = len(self._bodies)
        for body, links in self._links:
            states = pybullet.getLinkStates(
                body, links, computeForwardKinematics=True, physicsClientId=client
            )
            for state in states:
                poses[n, :3], poses[n, 3:] = state[4], state[5]
                n += 1
        return poses


def _bodies(client: int) -> list[tuple[int, NDArray[np.float64] | None, list[int]]]:
    """Every body, where its base is seen from its centre of mass if not there, its links."""
    found = []
    for index in range(pybullet.getNumBodies(physicsClientId=client)):
        body = pybullet.getBodyUniqueId(index, physicsClientId=client)
        where, turn = pybullet.getDynamicsInfo(body, -1, physicsClientId=client)[3:5]
        base = pin.XYZQUATToSE3(np.array([*where, *turn])).inverse()
        offset = None if base.isIdentity(1e-9) else pin.SE3ToXYZQUAT(base)
        links = list(range(pybullet.getNumJoints(body, physicsClientId=client)))
        found.append((body, offset, links))
    return found


# The arm's shapes are the same in every episode; those of things may be of any size.
@lru_cache(maxsize=256)
def _posed(kind: int, size: Place, name: bytes, where: Place, turn: Place) -> Triangles:
    """The triangles of one of PyBullet's visual shapes in its link's frame."""
    plain = _shape(kind, size, name.decode())
    pose = pin.XYZQUATToSE3(np.array([*where, *turn]))
    vertices = plain.vertices @ pose.rotation.T + pose.translation
    return Triangles(vertices.astype(np.float32), plain.faces, plain.uv)


@lru_cache(maxsize=256)
def _shape(kind: int, size: Place, name: str) -> Triangles:
    if kind == pybullet.GEOM_MESH:
        return Triangles(*corners_of(name, size))
    if kind == pybullet.GEOM_BOX:
        return _solid(trimesh.creation.box(size))
    if kind == pybullet.GEOM_CYLINDER:
        return _solid(trimesh.creation.cylinder(size[1], size[0], sections=_SIDES))
    if kind == pybullet.GEOM_SPHERE:
        return _solid(trimesh.creation.icosphere(2, size[0]))
    raise NotImplementedError(f"visual shape of kind {kind}; use boxes, cylinders or meshes")


def _solid(mesh: trimesh.Trimesh) -> Triangles:
    vertices = np.asarray(mesh.vertices, np.float32)
    return Triangles(
        vertices, np.asarray(mesh.faces, np.int32), np.zeros((len(vertices), 2), np.float32)
    )


def _patterns(surfaces: Mapping[int, Surface]) -> Floats:
    drawn = [pattern(surface.texture, surface.contrast) for surface in surfaces.values()]
    return np.stack(drawn) if drawn else np.ones((1, 1, 1), np.float32)


def _texture(surface: Surface | None, surfaces: list[Surface]) -> int:
    if surface is None or surface.texture == "plain" or surface.contrast == 0.0:
        return -1
    return surfaces.index(surface)
