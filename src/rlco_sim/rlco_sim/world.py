# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The physical world: an arm on a table, stepped one control period at a time."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet, pybullet_data
from rlco_sim.domain import Domain

_TABLE_HALF = (0.40, 0.60, 0.02)
_TABLE_CENTRE = (0.45, 0.0, -0.02)
_FLOOR_DROP = 0.7


class World:
    """One PyBullet client with the arm, the table and whatever a task puts on it.

    Built afresh for every episode (13 ms): PyBullet's own state restore leaves solver
    caches behind, and the same seed would not give the same episode to the bit.

    Args:
        robot: the arm; its base frame is the world frame.
        domain: looks and dynamics.
        dt: control period, s.
    """

    def __init__(self, robot: RobotConfig, domain: Domain, dt: float) -> None:
        self.robot = robot
        self.domain = domain
        self.client = pybullet.connect(pybullet.DIRECT)
        self._dt = dt
        self._substeps = domain.physics.substeps
        self.rebuild()

    def rebuild(self) -> None:
        """Empties the world but for table and arm; body ids from before are void."""
        pybullet.resetSimulation(physicsClientId=self.client)
        pybullet.setGravity(0.0, 0.0, -9.81, physicsClientId=self.client)
        pybullet.setPhysicsEngineParameter(
            fixedTimeStep=self._dt / self._substeps,
            deterministicOverlappingPairs=1,
            physicsClientId=self.client,
        )
        self._add_table()
        self._arm = self._load_arm()
        self._index_joints()

    def close(self) -> None:
        """Frees the physics client; the world is of no use afterwards."""
        if self.client >= 0:
            pybullet.disconnect(physicsClientId=self.client)
            self.client = -1

    def add_box(
        self,
        half: tuple[float, float, float],
        position: tuple[float, float, float],
        colour: tuple[float, ...],
        *,
        mass: float = 0.0,
        friction: float = 0.5,
        solid: bool = True,
    ) -> int:
        """Adds a box (half extents and centre in m, mass in kg); returns its body id."""
        shape = pybullet.GEOM_BOX
        visual = pybullet.createVisualShape(
            shape, halfExtents=half, rgbaColor=(*colour, 1.0), physicsClientId=self.client
        )
        collision = -1
        if solid:
            collision = pybullet.createCollisionShape(
                shape, halfExtents=half, physicsClientId=self.client
            )
        body: int = pybullet.createMultiBody(
            mass, collision, visual, position, physicsClientId=self.client
        )
        pybullet.changeDynamics(body, -1, lateralFriction=friction, physicsClientId=self.client)
        return body

    def place(self, body: int, position: NDArray[np.float64], yaw: float = 0.0) -> None:
        """Puts a body at ``position`` (3,) m, turned by ``yaw`` rad, at rest."""
        rotation = pybullet.getQuaternionFromEuler((0.0, 0.0, yaw))
        pybullet.resetBasePositionAndOrientation(
            body, position, rotation, physicsClientId=self.client
        )

    def position(self, body: int) -> NDArray[np.float64]:
        """(3,) m, centre of a body in the base frame."""
        where, _ = pybullet.getBasePositionAndOrientation(body, physicsClientId=self.client)
        return np.array(where)

    def reset_arm(self, joints: NDArray[np.float64], fingers: float) -> None:
        """Teleports the arm to ``joints`` (n,) rad and every finger to ``fingers``, at rest."""
        self._target = self._motor_target(joints, fingers)
        for index, value in zip(self._motors, self._target, strict=True):
            pybullet.resetJointState(self._arm, index, value, physicsClientId=self.client)

    def advance(self, joints: NDArray[np.float64], fingers: float) -> None:
        """One control period: the servos follow a straight line to the command.

        Args:
            joints: (n,) rad, reached by the end of the period as far as the servos can.
            fingers: position of every finger joint, m or rad.
        """
        start, end = self._target, self._motor_target(joints, fingers)
        for k in range(1, self._substeps + 1):
            self._drive(start + (end - start) * (k / self._substeps))
            pybullet.stepSimulation(physicsClientId=self.client)
        self._target = end

    @property
    def motor_positions(self) -> NDArray[np.float64]:
        """(n + fingers,) measured positions, arm joints first; rad and m."""
        states = pybullet.getJointStates(self._arm, self._motors, physicsClientId=self.client)
        return np.array([state[0] for state in states])

    @property
    def motor_velocities(self) -> NDArray[np.float64]:
        """(n + fingers,) measured velocities, arm joints first; rad/s and m/s."""
        states = pybullet.getJointStates(self._arm, self._motors, physicsClientId=self.client)
        return np.array([state[1] for state in states])

    def _motor_target(self, joints: NDArray[np.float64], fingers: float) -> NDArray[np.float64]:
        return np.concatenate([joints, [fingers] * len(self.robot.gripper_joint_names)])

    def _drive(self, target: NDArray[np.float64]) -> None:
        pybullet.setJointMotorControlArray(
            self._arm,
            self._motors,
            pybullet.POSITION_CONTROL,
            targetPositions=target,
            forces=self._forces,
            positionGains=self._gains,
            physicsClientId=self.client,
        )

    def _add_table(self) -> None:
        looks = self.domain.looks
        friction = self.domain.physics.table_friction
        self.add_box(_TABLE_HALF, _TABLE_CENTRE, looks.table, friction=friction)
        drop = -_FLOOR_DROP - 0.01
        self.add_box((3.0, 3.0, 0.01), (0.0, 0.0, drop), looks.floor, friction=friction)

    def _load_arm(self) -> int:
        urdf = self.robot.urdf.read_text(encoding="utf-8")
        resolved = urdf.replace("package://", pybullet_data.getDataPath() + "/")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / self.robot.urdf.name
            path.write_text(resolved, encoding="utf-8")
            body: int = pybullet.loadURDF(
                str(path),
                useFixedBase=True,
                flags=pybullet.URDF_USE_INERTIA_FROM_FILE,
                physicsClientId=self.client,
            )
        return body

    def _index_joints(self) -> None:
        count = pybullet.getNumJoints(self._arm, physicsClientId=self.client)
        infos = [
            pybullet.getJointInfo(self._arm, k, physicsClientId=self.client) for k in range(count)
        ]
        by_name = {info[1].decode(): info for info in infos}
        names = (*self.robot.joint_names, *self.robot.gripper_joint_names)
        self._motors = [by_name[name][0] for name in names]
        scale = self.domain.physics.arm_force_scale
        self._forces = [by_name[name][10] * scale for name in names]
        self._gains = [self.domain.physics.position_gain] * len(names)
        self._target = np.zeros(len(names))
