# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How far apart things are that an arm could bring together: its links and hand, what it stands on,
and what stands around it.

A distance is looked at again only when the arm could have moved that far since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import coal
import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.robot import RobotConfig
from rlco_core.shapes import solid_arm

Vector = NDArray[np.float64]

TABLE = "table"


@dataclass(frozen=True)
class Near:
    """Two things that are nearer than they may be: ``apart`` m, where ``allowed`` is."""

    one: str
    other: str
    apart: float
    allowed: float


class Clearances:
    """Watches the pairs of things of one robot's cell.

    Left out are links that a joint connects, and links that are at home less than twice their
    margin apart: neighbours by build, such as two with a short one between them.

    Args:
        robot: whose file tells ``collision_margin``, ``table`` and ``keep_out``.
        margin: m, between all but the table.
    """

    def __init__(self, robot: RobotConfig, margin: float) -> None:
        self._model, self._shapes = solid_arm(robot)
        links = len(self._shapes.geometryObjects)
        _add_surroundings(self._shapes, robot)
        pairs = _pairs(self._model, self._shapes, links)
        self._watch(pairs, robot, margin)
        apart = self.distances(np.array(robot.home, dtype=np.float64)).tolist()
        found = zip(pairs, apart, strict=True)
        kept = [pair for pair, far in found if pair[1] >= links or far >= 2.0 * margin]
        self._watch(kept, robot, margin)

    @property
    def names(self) -> list[tuple[str, str]]:
        """What is watched."""
        found = self._shapes.geometryObjects
        return [
            (_thing(found[pair.first].name), _thing(found[pair.second].name))
            for pair in self._shapes.collisionPairs
        ]

    def distances(self, joints: Vector) -> Vector:
        """(pairs,) m at ``joints`` (n,) rad; negative where things overlap."""
        self._place(joints)
        return np.array([self._measured(number) for number in range(len(self._margin))])

    def least(self, more: float) -> Vector:
        """(pairs,) m that there has to be, and ``more``."""
        return self._margin + more

    def most_change(self, moved: Vector) -> Vector:
        """(pairs,) m by which distances can differ where joints do by ``moved``, rad: (n,), or
        (pairs, n).
        """
        return np.asarray((self._reach * np.abs(moved)).sum(1))

    def worst(self, joints: Vector, more: float) -> Near | None:
        """The pair that is most below its margin and ``more`` m, at ``joints`` (n,) rad; None where
        none is.
        """
        least = self.least(more)
        surely = self._seen - self.most_change(joints - self._seen_at)
        (doubtful,) = (surely < least).nonzero()
        if not doubtful.size:
            return None
        self._place(joints)
        self._seen_at[doubtful] = joints
        self._seen[doubtful] = [self._measured(number) for number in doubtful.tolist()]
        short = self._seen[doubtful] - least[doubtful]
        if not short.min() < 0.0:
            return None
        number = int(doubtful[short.argmin()])
        return Near(*self.names[number], float(self._seen[number]), float(least[number]))

    def _watch(self, pairs: Sequence[tuple[int, int]], robot: RobotConfig, margin: float) -> None:
        self._shapes.removeAllCollisionPairs()
        for pair in pairs:
            self._shapes.addCollisionPair(pin.CollisionPair(*pair))
        self._data, self._at = self._model.createData(), pin.GeometryData(self._shapes)
        for number in range(len(pairs)):
            # Pinocchio's begin where the last one ended, which shows in the last digits.
            self._at.distanceRequests[number] = coal.DistanceRequest()
        table = 0.0 if robot.limits.table is None else robot.limits.table.margin
        self._margin = np.array([table if TABLE in pair else margin for pair in self.names])
        self._reach = _reach(self._model, self._shapes)
        self._seen = np.full(len(self._margin), -np.inf)
        self._seen_at = np.zeros_like(self._reach)

    def _place(self, joints: Vector) -> None:
        pin.updateGeometryPlacements(self._model, self._data, self._shapes, self._at, joints)

    def _measured(self, number: int) -> float:
        found = pin.computeDistance(self._shapes, self._at, number)
        return float(found.min_distance)


def _thing(shape: str) -> str:
    """``forearm_link`` of ``forearm_link_2``."""
    return shape.rpartition("_")[0]


def _add_surroundings(shapes: pin.GeometryModel, robot: RobotConfig) -> None:
    limits, still = robot.limits, pin.SE3.Identity()
    if limits.table is not None:
        top = coal.Halfspace(np.array([0.0, 0.0, 1.0]), limits.table.height)
        shapes.addGeometryObject(pin.GeometryObject(f"{TABLE}_0", 0, still, top))
    for name, box in limits.keep_out.items():
        low, high = np.array(box.lower), np.array(box.upper)
        place = pin.SE3(np.eye(3), (low + high) / 2.0)
        shapes.addGeometryObject(pin.GeometryObject(f"{name}_0", 0, place, coal.Box(high - low)))


def _pairs(model: pin.Model, shapes: pin.GeometryModel, links: int) -> list[tuple[int, int]]:
    """Shapes that move against each other; the first ``links`` of them only with more than one
    joint between them.
    """
    joints = [shape.parentJoint for shape in shapes.geometryObjects]
    found = []
    for one, other in combinations(range(len(joints)), 2):
        low, high = sorted((joints[one], joints[other]))
        if low != high and (other >= links or model.parents[high] != low):
            found.append((one, other))
    return found


def _reach(model: pin.Model, shapes: pin.GeometryModel) -> Vector:
    """(pairs, n) m per rad: by how much a joint can at most change a pair's distance."""
    steps = [float(np.linalg.norm(place.translation)) for place in model.jointPlacements]
    found = np.zeros((len(shapes.collisionPairs), model.nq))
    for row, pair in enumerate(shapes.collisionPairs):
        ends = (shapes.geometryObjects[pair.first], shapes.geometryObjects[pair.second])
        near, far = sorted(ends, key=lambda shape: int(shape.parentJoint))
        for joint in range(near.parentJoint + 1, far.parentJoint + 1):
            found[row, joint - 1] = sum(steps[joint + 1 : far.parentJoint + 1]) + _extent(far)
    return found


def _extent(shape: pin.GeometryObject) -> float:
    """m from the joint that carries a shape to its farthest point, or a little more."""
    geometry = shape.geometry
    geometry.computeLocalAABB()
    centre = shape.placement.act(geometry.aabb_center)
    return float(np.linalg.norm(centre) + geometry.aabb_radius)
