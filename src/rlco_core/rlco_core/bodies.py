# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a URDF says an arm collides as, all of it, to look at motion from outside.

It shares no code with ``rlco_core/collision.py``, so that it can be asked about that.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import coal
import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig

Vector = NDArray[np.float64]

#: What a computed distance may be wrong by, m.
_ROUNDED = 1e-4
#: By how many margins links are apart at home that are no neighbours.
_NEIGHBOURS = 2.5
_TABLE = "table"


class Bodies:
    """Arm, hand and surroundings of ``robot``; meshes are their convex hulls.

    Watched are the surroundings, and all links that are not neighbours by build, which are near
    each other at home.

    Args:
        robot: the arm; its file tells the margins.
        packages: folders in which ``package://`` of the URDF is looked for.

    Raises:
        ConfigError: a mesh is not there.
    """

    def __init__(self, robot: RobotConfig, packages: Sequence[Path] = ()) -> None:
        self._model = pin.buildModelFromUrdf(str(robot.urdf))
        self._shapes = _read(self._model, robot, packages)
        links = len(self._shapes.geometryObjects)
        _surround(self._shapes, robot)
        self._columns = self._columns_of(robot.joint_names)
        self._fingers = self._columns_of(robot.gripper_joint_names)
        self._openings = (robot.gripper.closed, robot.gripper.open)
        self._data = self._model.createData()
        self._watch(robot, links)

    def too_near(self, joints: Vector) -> bool:
        """Whether any two are, at ``joints`` (n,) rad, with the gripper open or closed."""
        return any(
            pin.computeCollisions(
                self._model,
                self._data,
                self._shapes,
                self._at,
                self._posture(joints, opening),
                True,
            )
            for opening in self._openings
        )

    def _watch(self, robot: RobotConfig, links: int) -> None:
        shapes = self._shapes.geometryObjects
        self._shapes.addAllCollisionPairs()
        self._at = pin.GeometryData(self._shapes)
        home = self._posture(np.array(robot.home), robot.gripper.open)
        pin.computeDistances(self._model, self._data, self._shapes, self._at, home)
        kept = []
        for number, pair in enumerate(self._shapes.collisionPairs):
            ends = (shapes[pair.first], shapes[pair.second])
            margin = _margin(robot, ends[0].name, ends[1].name)
            apart = self._at.distanceResults[number].min_distance
            moved = self._carrier(ends[0]) != self._carrier(ends[1])
            if moved and (pair.second >= links or apart > _NEIGHBOURS * margin):
                kept.append((pair.first, pair.second, margin))
        self._shapes.removeAllCollisionPairs()
        for first, second, _ in kept:
            self._shapes.addCollisionPair(pin.CollisionPair(first, second))
        self._at = pin.GeometryData(self._shapes)
        for request, (_, _, margin) in zip(self._at.collisionRequests, kept, strict=True):
            request.security_margin = margin - _ROUNDED

    def _carrier(self, shape: pin.GeometryObject) -> int:
        """The joint of the arm that moves a shape; the gripper's are its own concern."""
        joint = int(shape.parentJoint)
        while joint and self._model.joints[joint].idx_q not in self._columns:
            joint = int(self._model.parents[joint])
        return joint

    def _columns_of(self, names: Sequence[str]) -> list[int]:
        joints = [self._model.joints[self._model.getJointId(name)] for name in names]
        return [joint.idx_q for joint in joints]

    def _posture(self, joints: Vector, opening: float) -> Vector:
        posture = pin.neutral(self._model)
        posture[self._columns], posture[self._fingers] = joints, opening
        return np.asarray(posture)


def _margin(robot: RobotConfig, one: str, other: str) -> float:
    table, margin = robot.limits.table, robot.limits.collision_margin or 0.0
    return table.margin if table is not None and _TABLE in (one, other) else margin


def _read(model: pin.Model, robot: RobotConfig, packages: Sequence[Path]) -> pin.GeometryModel:
    folders = [str(path) for path in packages]
    try:
        shapes = pin.buildGeomFromUrdf(
            model, str(robot.urdf), pin.GeometryType.COLLISION, package_dirs=folders
        )
    except (ValueError, RuntimeError) as error:
        raise ConfigError(
            f"{robot.name}: cannot read the shapes of {robot.urdf}: {error}"
        ) from error
    for shape in shapes.geometryObjects:
        if isinstance(shape.geometry, coal.BVHModelBase):
            shape.geometry.buildConvexHull(True, "Qt")
            shape.geometry = shape.geometry.convex
    return shapes


def _surround(shapes: pin.GeometryModel, robot: RobotConfig) -> None:
    limits = robot.limits
    if limits.table is not None:
        # A slab, where the code that is looked at has a half-space.
        slab = pin.SE3(np.eye(3), np.array([0.0, 0.0, limits.table.height - 0.5]))
        shapes.addGeometryObject(pin.GeometryObject(_TABLE, 0, slab, coal.Box(4.0, 4.0, 1.0)))
    for name, box in limits.keep_out.items():
        size = np.subtract(box.upper, box.lower)
        place = pin.SE3(np.eye(3), np.add(box.upper, box.lower) / 2.0)
        shapes.addGeometryObject(pin.GeometryObject(name, 0, place, coal.Box(*size.tolist())))
