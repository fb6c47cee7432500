# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Forward and inverse kinematics on the robot's own URDF, by Pinocchio."""

from __future__ import annotations

import math

import eigenpy
import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.errors import ConfigError, KinematicsError, choices
from rlco_core.robot import RobotConfig
from rlco_core.types import readonly

Vector = NDArray[np.float64]

_IDENTITY = np.eye(6)
_DAMPING = 1e-4 * _IDENTITY
_POSTURE_GAIN = 0.05
_ITERATIONS = 10
_TOLERANCE = 1e-4


class Kinematics:
    """Kinematics of the arm joints; the gripper's joints are locked at zero.

    Attributes:
        lower, upper: (n,) joint position limits of the URDF, rad.
        velocity: (n,) joint velocity limits of the URDF, rad/s.
        home: (n,) home posture, rad; redundant arms lean towards it.
    """

    def __init__(self, robot: RobotConfig) -> None:
        full = build_model(robot)
        _require(robot.joint_names, [str(name) for name in full.names][1:], "joint", robot)
        frames = [str(frame.name) for frame in full.frames]
        _require([robot.ee_frame, robot.elbow_frame], frames, "frame", robot)
        self._model = pin.buildReducedModel(full, locked_joints(full, robot), pin.neutral(full))
        self._order = [self._model.getJointId(name) - 1 for name in robot.joint_names]
        if self._order != list(range(len(self._order))):
            raise ConfigError(f"{robot.name}: list the joints from base to tip, as the URDF does")
        self._data = self._model.createData()
        self._frame = self._model.getFrameId(robot.ee_frame)
        self._elbow = self._model.getFrameId(robot.elbow_frame)
        self._cholesky = eigenpy.LLT(6)  # room for it; nothing is kept from call to call
        self.home = readonly(np.array(robot.home, dtype=np.float64))
        self.lower = readonly(self._model.lowerPositionLimit.copy())
        self.upper = readonly(self._model.upperPositionLimit.copy())
        self.velocity = readonly(self._model.velocityLimit.copy())

    def forward(self, joints: Vector) -> pin.SE3:
        """Pose of the end effector in the base frame at ``joints``, (n,) rad."""
        pin.forwardKinematics(self._model, self._data, joints)
        return pin.updateFramePlacement(self._model, self._data, self._frame)

    def moving(self, joints: Vector, velocity: Vector) -> tuple[pin.SE3, Vector, Vector]:
        """Pose of the end effector and place of the elbow, (3,) m, in the base frame; and how the
        first moves: (6,) m/s and rad/s along the axes of the base frame.
        """
        pin.forwardKinematics(self._model, self._data, joints, velocity)
        tool = pin.updateFramePlacement(self._model, self._data, self._frame)
        elbow = pin.updateFramePlacement(self._model, self._data, self._elbow).translation
        twist = pin.getFrameVelocity(
            self._model, self._data, self._frame, pin.LOCAL_WORLD_ALIGNED
        ).vector
        return tool.copy(), elbow.copy(), twist.copy()

    def jacobian(self, joints: Vector) -> Vector:
        """(6, n) end-effector Jacobian in its own frame: linear rows, then angular rows."""
        return np.asarray(
            pin.computeFrameJacobian(self._model, self._data, joints, self._frame, pin.LOCAL)
        )

    def dexterity(self, joints: Vector) -> float:
        """Smallest singular value of the Jacobian at ``joints``, (n,) rad: how fast the end
        effector can be moved whichever way, m/s or rad/s for every rad/s of the joints; 0 at a
        singularity.
        """
        return float(np.linalg.svd(self.jacobian(joints), compute_uv=False)[-1])

    def is_dexterous(self, joints: Vector, least: float) -> bool:
        """Whether ``dexterity`` is above ``least``; quicker than to compute it."""
        jacobian = self.jacobian(joints)
        self._cholesky.compute(jacobian.dot(jacobian.T) - least * least * _IDENTITY)
        return bool(self._cholesky.info() == eigenpy.ComputationInfo.Success)

    def inverse(self, target: pin.SE3, seed: Vector) -> Vector:
        """Joints near ``seed`` that bring the end effector to ``target``.

        Damped least squares (Nakamura and Hanafusa, 1986); what freedom is left pulls
        towards home. The same input always gives the same output.

        Returns:
            (n,) rad. Out of reach, the nearest posture that was found.
        Raises:
            KinematicsError: the target or the seed is not finite.
        """
        if not (_finite(target.homogeneous) and _finite(seed)):
            raise KinematicsError("inverse kinematics needs a finite target pose and seed")
        joints, nearest, least = seed, seed, math.inf
        for iteration in range(_ITERATIONS + 1):
            error = pin.log6(self.forward(joints).actInv(target)).vector
            worst = max(map(abs, error.tolist()))
            if worst < least:
                nearest, least = joints, worst
            if worst < _TOLERANCE:
                break
            jacobian = self.jacobian(joints)
            if iteration == 0:
                posture = _POSTURE_GAIN * (self.home - seed)
                step = posture + self._damped(jacobian, error - jacobian.dot(posture))
            else:
                step = self._damped(jacobian, error)
            joints = (joints + step).clip(self.lower, self.upper)
        return nearest

    def _damped(self, jacobian: Vector, error: Vector) -> Vector:
        """Least joint step for ``error``, J^T (J J^T + damping)^-1 error."""
        gram = self._cholesky.compute(jacobian.dot(jacobian.T) + _DAMPING)
        step: Vector = jacobian.T.dot(gram.solve(error))
        return step


def _finite(array: Vector) -> bool:
    return all(map(math.isfinite, array.ravel().tolist()))


def build_model(robot: RobotConfig) -> pin.Model:
    """All of the URDF, the gripper's joints among it.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return pin.buildModelFromUrdf(str(robot.urdf))
    except (ValueError, RuntimeError) as error:
        raise ConfigError(f"{robot.name}: cannot read URDF {robot.urdf}: {error}") from error


def locked_joints(full: pin.Model, robot: RobotConfig) -> list[int]:
    """Numbers of the joints that are not the arm's."""
    return [i for i, name in enumerate(full.names) if i and name not in robot.joint_names]


def _require(
    wanted: tuple[str, ...] | list[str], known: list[str], kind: str, robot: RobotConfig
) -> None:
    for name in wanted:
        if name not in known:
            raise ConfigError(
                f"{robot.name}: {kind} '{name}' is not in {robot.urdf.name}; "
                f"it has {choices(known)}"
            )
