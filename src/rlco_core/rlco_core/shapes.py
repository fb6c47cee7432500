# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Arm and hand as convex solids: the URDF's boxes, cylinders and spheres, and rounded hulls of the
robot's file in place of its meshes.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from itertools import product

import coal
import numpy as np
import pinocchio as pin
from numpy.typing import ArrayLike, NDArray

from rlco_core.errors import ConfigError
from rlco_core.kinematics import build_model, locked_joints
from rlco_core.robot import RobotConfig

Vector = NDArray[np.float64]

#: Openings of the gripper at which fingers are looked at.
_OPENINGS = (0.0, 0.5, 1.0)


def solid_arm(robot: RobotConfig) -> tuple[pin.Model, pin.GeometryModel]:
    """The arm's joints, and what is on its links; shapes are called ``<link>_<number>``.

    Fingers are hulls of what they take up from closed to open, on the link that carries the hand.

    Raises:
        ConfigError: a link collides as a mesh and the robot's file has no hull for it, or a hull
            for a link that is not there.
    """
    full = build_model(robot)
    shapes = _primitives(robot, full)
    for link, hull in robot.hulls.items():
        number = _link(full, link, robot)
        frame, solid = full.frames[number], rounded_hull(hull.points, hull.radius)
        shapes.addGeometryObject(
            pin.GeometryObject(f"{link}_0", frame.parentJoint, number, frame.placement, solid)
        )
    stiff, fingers = pin.GeometryModel(), {}
    for shape in shapes.geometryObjects:
        if shape.parentJoint in locked_joints(full, robot):
            fingers[shape.name] = rounded_hull(_swept(shape, full, robot))
        else:
            stiff.addGeometryObject(shape)
    neutral = pin.neutral(full)
    arm, solids = pin.buildReducedModel(full, stiff, locked_joints(full, robot), neutral)
    for name, hull in fingers.items():
        solids.addGeometryObject(
            pin.GeometryObject(name, arm.njoints - 1, pin.SE3.Identity(), hull)
        )
    return arm, solids


def rounded_hull(points: Iterable[ArrayLike], radius: float = 0.0) -> coal.Convex:
    """The convex hull of spheres of ``radius`` about at most 32 ``points``, (3,) m each."""
    # Of so few points all are looked at, and no neighbourhood of triangles is asked for.
    corners, none = coal.StdVec_Vec3s(), coal.StdVec_Triangle()
    for point in points:
        corners.append(np.array(point, dtype=np.float64))
    hull = coal.Convex(corners, none)
    hull.setSweptSphereRadius(radius)
    return hull


def _primitives(robot: RobotConfig, full: pin.Model) -> pin.GeometryModel:
    """The URDF's own shapes, of links that have no hull."""
    description = ET.parse(robot.urdf).getroot()
    for link in description.findall("link"):
        name = link.get("name", "")
        for collision in link.findall("collision"):
            if name in robot.hulls:
                link.remove(collision)
            elif collision.find("geometry/mesh") is not None:
                raise ConfigError(
                    f"{robot.name}: {name} collides as a mesh; give it a hull of spheres in "
                    "'hulls', or leave collision_margin out"
                )
    text = ET.tostring(description, encoding="unicode")
    return pin.buildGeomFromUrdfString(full, text, pin.GeometryType.COLLISION)


def _link(full: pin.Model, name: str, robot: RobotConfig) -> int:
    if not full.existFrame(name, pin.BODY):
        raise ConfigError(
            f"{robot.name}: there is a hull for '{name}', which is no link of its URDF"
        )
    return int(full.getFrameId(name, pin.BODY))


def _swept(shape: pin.GeometryObject, full: pin.Model, robot: RobotConfig) -> list[Vector]:
    """Corners of a finger's shape at all openings, in the frame of the arm's last joint."""
    last = full.getJointId(robot.joint_names[-1])
    data, found = full.createData(), []
    for opening in _OPENINGS:
        joints = pin.neutral(full)
        for name in robot.gripper_joint_names:
            column = full.joints[full.getJointId(name)].idx_q
            joints[column] = robot.gripper.joint_position(opening)
        pin.forwardKinematics(full, data, joints)
        finger = data.oMi[last].actInv(data.oMi[shape.parentJoint]) * shape.placement
        found += [finger.act(corner) for corner in _corners(shape.geometry)]
    return found


def _corners(geometry: coal.CollisionGeometry) -> list[Vector]:
    """Corners of the box about a shape, in its own frame; of a box, its own."""
    geometry.computeLocalAABB()
    box = geometry.aabb_local
    sides = zip(box.min_.tolist(), box.max_.tolist(), strict=True)
    return [np.array(corner) for corner in product(*sides)]
