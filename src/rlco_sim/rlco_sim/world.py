# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The physical world: an arm on a table and whatever a task puts on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.robot import RobotConfig
from rlco_sim.arm import Arm
from rlco_sim.bullet import pybullet
from rlco_sim.meshes import KEPT, slab_mesh
from rlco_sim.settings import Settings, Surface

Vector = NDArray[np.float64]
Point = tuple[float, float, float]
Colour = tuple[float, ...]

TABLE_HALF = (0.40, 0.60, 0.02)
TABLE_CENTRE = (0.45, 0.0, -0.02)
_FLOOR_DROP = 0.7
_RESIDUAL = 1e-5
# PyBullet's own value lets things sink by centimetres under a jammed arm.
_CONTACT_ERP = 0.2
_WALL_X = -1.5
_LEVEL = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Part:
    """A box (half extents) or an upright cylinder (radius, radius, half height) of a thing.

    ``position`` m and ``rpy`` rad are in the thing's frame; ``shade`` is a factor on its colour.
    """

    kind: str
    half: Point
    position: Point = _LEVEL
    rpy: Point = _LEVEL
    shade: float = 1.0


class World:
    """One PyBullet client, built afresh for every episode.

    PyBullet's own state restore leaves solver caches behind: only a new world gives the same
    episode to the bit for the same seed.

    Args:
        robot: the arm; its base frame is the world frame.
        dt: control period, s.
        kept: share of the triangles of the arm's meshes that is kept.
    """

    def __init__(self, robot: RobotConfig, dt: float, kept: float = KEPT) -> None:
        self.robot = robot
        self._kept = kept
        self.client = pybullet.connect(pybullet.DIRECT)
        self._dt = dt

    def rebuild(self, settings: Settings) -> None:
        """Empties the world but for table and arm; body ids from before are void."""
        self.settings = settings
        client, physics = self.client, settings.physics
        pybullet.resetSimulation(physicsClientId=client)
        pybullet.setGravity(0.0, 0.0, -9.81, physicsClientId=client)
        pybullet.setPhysicsEngineParameter(
            fixedTimeStep=self._dt / physics.substeps,
            deterministicOverlappingPairs=1,
            # Contacts mostly converge long before the 50th iteration: a third of the time saved.
            solverResidualThreshold=_RESIDUAL,
            contactERP=_CONTACT_ERP,
            physicsClientId=client,
        )
        #: Large fixed bodies and their patterns; everything else casts shadows on them.
        self.surfaces: dict[int, Surface] = {}
        self._add_room()
        self.arm = Arm(client, self.robot, settings, self._dt, self._kept)

    def close(self) -> None:
        """Frees the physics client; the world is of no use afterwards."""
        if self.client >= 0:
            pybullet.disconnect(physicsClientId=self.client)
            self.client = -1

    def add_box(
        self,
        half: Point,
        position: Point,
        colour: Colour,
        *,
        mass: float = 0.0,
        friction: float = 0.5,
        solid: bool = True,
    ) -> int:
        """Adds a box (half extents and centre in m, mass in kg); returns its body id."""
        parts = [Part("box", half)]
        return self.add_thing(parts, position, colour, mass=mass, friction=friction, solid=solid)

    def add_thing(
        self,
        parts: Sequence[Part],
        position: Point,
        colour: Colour,
        *,
        mass: float = 0.0,
        friction: float = 0.5,
        patch: float = 0.0,
        solid: bool = True,
    ) -> int:
        """Adds a rigid thing made of ``parts``; without mass it stands fast.

        ``patch``, m, is the radius over which contacts resist spin and a tenth of it roll: what
        stands on an edge or a rim would spin and rock forever.
        """
        shapes, halves = _shape_arguments(parts), [part.half for part in parts]
        frames = {"Positions": [p.position for p in parts], "Orientations": _turns(parts)}
        visual = pybullet.createVisualShapeArray(
            **shapes,
            rgbaColors=[(*(min(part.shade * c, 1.0) for c in colour), 1.0) for part in parts],
            lengths=[2.0 * half[2] for half in halves],
            **{f"visualFrame{key}": value for key, value in frames.items()},
            physicsClientId=self.client,
        )
        collision = -1
        if solid:
            collision = pybullet.createCollisionShapeArray(
                **shapes,
                lengths=[2.0 * half[2] for half in halves],
                **{f"collisionFrame{key}": value for key, value in frames.items()},
                physicsClientId=self.client,
            )
        body: int = pybullet.createMultiBody(
            mass, collision, visual, position, physicsClientId=self.client
        )
        pybullet.changeDynamics(
            body,
            -1,
            lateralFriction=friction,
            spinningFriction=patch,
            rollingFriction=0.1 * patch,
            physicsClientId=self.client,
        )
        return body

    def repaint(self, table: Surface, floor: Surface, wall: Surface) -> None:
        """Gives the room other colours and patterns."""
        self.surfaces = dict(zip(self.surfaces, (table, floor, wall), strict=True))
        for body, surface in self.surfaces.items():
            pybullet.changeVisualShape(
                body, -1, rgbaColor=(*surface.colour, 1.0), physicsClientId=self.client
            )

    def remove(self, body: int) -> None:
        """Takes a body out of the world."""
        pybullet.removeBody(body, physicsClientId=self.client)

    def add_model(self, urdf: Path, position: Point, yaw: float) -> int:
        """Adds a fixed model with joints from a URDF; returns its body id."""
        body: int = pybullet.loadURDF(
            str(urdf),
            position,
            pybullet.getQuaternionFromEuler((0.0, 0.0, yaw)),
            useFixedBase=True,
            physicsClientId=self.client,
        )
        return body

    def place(self, body: int, position: Vector | Point, yaw: float = 0.0) -> None:
        """Puts a body at ``position`` (3,) m, turned by ``yaw`` rad, at rest."""
        rotation = pybullet.getQuaternionFromEuler((0.0, 0.0, yaw))
        pybullet.resetBasePositionAndOrientation(
            body, position, rotation, physicsClientId=self.client
        )

    def position(self, body: int) -> Vector:
        """(3,) m, centre of a body in the base frame."""
        where, _ = pybullet.getBasePositionAndOrientation(body, physicsClientId=self.client)
        return np.array(where)

    def pose(self, body: int) -> pin.SE3:
        """Pose of a body in the base frame."""
        where, turn = pybullet.getBasePositionAndOrientation(body, physicsClientId=self.client)
        return pin.SE3(pin.Quaternion(*(turn[k] for k in (3, 0, 1, 2))), np.array(where))

    def speed(self, body: int) -> float:
        """Linear speed of a body, m/s."""
        linear, _ = pybullet.getBaseVelocity(body, physicsClientId=self.client)
        return float(np.linalg.norm(linear))

    def _add_room(self) -> None:
        looks = self.settings.looks
        drop = -_FLOOR_DROP - 0.01
        self._add_slab(looks.table, TABLE_HALF, TABLE_CENTRE, "z+ x+ x- y+ y-")
        self._add_slab(looks.floor, (2.0, 2.0, 0.01), (0.0, 0.0, drop), "z+")
        self._add_slab(looks.wall, (0.01, 2.0, 1.5), (_WALL_X, 0.0, drop + 1.5), "x+")

    def _add_slab(self, surface: Surface, half: Point, centre: Point, faces: str) -> None:
        """A large fixed box of which only ``faces`` are ever seen, and drawn."""
        client = self.client
        visual = pybullet.createVisualShape(
            pybullet.GEOM_MESH,
            fileName=str(slab_mesh(half, faces)),
            rgbaColor=(*surface.colour, 1.0),
            physicsClientId=client,
        )
        collision = pybullet.createCollisionShape(
            pybullet.GEOM_BOX, halfExtents=half, physicsClientId=client
        )
        body = pybullet.createMultiBody(0.0, collision, visual, centre, physicsClientId=client)
        friction = self.settings.physics.table_friction
        pybullet.changeDynamics(body, -1, lateralFriction=friction, physicsClientId=client)
        self.surfaces[body] = surface


def _shape_arguments(parts: Sequence[Part]) -> dict[str, object]:
    kinds = {"box": pybullet.GEOM_BOX, "cylinder": pybullet.GEOM_CYLINDER}
    return {
        "shapeTypes": [kinds[part.kind] for part in parts],
        "halfExtents": [part.half for part in parts],
        "radii": [part.half[0] for part in parts],
    }


def _turns(parts: Sequence[Part]) -> list[tuple[float, ...]]:
    return [pybullet.getQuaternionFromEuler(part.rpy) for part in parts]
