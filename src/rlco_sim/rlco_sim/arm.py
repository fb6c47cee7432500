# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The arm in the world: loaded from its URDF, driven by servos that lag as a domain says."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet
from rlco_sim.meshes import lean_urdf
from rlco_sim.settings import Settings

Vector = NDArray[np.float64]

#: Force that keeps the two fingers level, N; well above what a gripper holds with.
_COUPLING = 50.0
#: Share of its force that a blocked drive has beyond what holds the arm up.
_BLOCKED_SHARE = 0.15
#: rad/s, slower than which a drive stands.
_STANDING = 0.05


class Arm:
    """One arm with its gripper on one physics client.

    Commands run through what a real controller adds: a straight line from command to command,
    a delay, a first-order lag, and fingers that travel at their own speed.
    """

    def __init__(
        self, client: int, robot: RobotConfig, settings: Settings, dt: float, kept: float
    ) -> None:
        self._client = client
        self._substeps = settings.physics.substeps
        self._step = dt / self._substeps
        self.body: int = pybullet.loadURDF(
            str(lean_urdf(robot.urdf, kept)),
            useFixedBase=True,
            flags=pybullet.URDF_USE_INERTIA_FROM_FILE,
            physicsClientId=client,
        )
        self._gripper = robot.gripper
        self._fingers = len(robot.gripper_joint_names)
        self._index(robot, settings)
        self._couple_fingers()
        self._finger_travel = settings.gripper.speed * self._step
        self._prepare_lag(settings.controller.lag)
        self._delay = round(settings.controller.delay / self._step)
        self._goal = np.zeros(len(self.motors))
        self._push = np.zeros(3)

    def reset(self, joints: Vector, fingers: float) -> None:
        """Teleports to ``joints`` (n,) rad and every finger to ``fingers``, at rest."""
        self._goal = self._motor_goal(joints, fingers)
        self._lagged = self._goal
        self._queue = np.tile(self._goal, (self._delay, 1))
        self._limits = self._forces
        self._stepped = 0
        for index, value in zip(self.motors, self._goal, strict=True):
            pybullet.resetJointState(self.body, index, value, physicsClientId=self._client)

    def advance(self, joints: Vector, fingers: float) -> None:
        """One control period of physics, at whose end the arm should be at ``joints``."""
        goal = self._motor_goal(joints, fingers)
        path = self._goal + (goal - self._goal) * self._share
        self._goal = goal
        self._limit_forces()
        self._follow(path)

    def step(self, joints: Vector, fingers: float, prompt: bool = False) -> None:
        """One step of physics, at whose end the arm should be at ``joints``; ``prompt`` is for
        brakes, which neither wait nor lag.
        """
        if self._stepped % self._substeps == 0:
            self._limit_forces(moving_is_free=True)
        self._goal = self._motor_goal(joints, fingers)
        if prompt:
            self._lagged = np.concatenate([joints, self._lagged[-self._fingers :]])
            self._queue[:, : len(joints)] = joints
        self._follow(self._goal[None].copy())

    def push(self, force: Vector) -> None:
        """From now on ``force`` (3,) N, base frame, acts on the last link in every ``step``."""
        self._push = np.array(force, dtype=np.float64)

    def _follow(self, path: Vector) -> None:
        """Physics along ``path`` (steps, motors), of which each row is to be reached in one."""
        client, body, motors = self._client, self.body, self.motors
        self._stepped += len(path)
        forces = self._limits.tolist()
        for target in self._servo_targets(path).tolist():
            if self._push.any():
                self._apply_push()
            pybullet.setJointMotorControlArray(
                body,
                motors,
                pybullet.POSITION_CONTROL,
                targetPositions=target,
                forces=forces,
                positionGains=self._gains,
                physicsClientId=client,
            )
            pybullet.stepSimulation(physicsClientId=client)

    def _apply_push(self) -> None:
        link = self.motors[-self._fingers - 1]
        where = pybullet.getLinkState(self.body, link, physicsClientId=self._client)[0]
        pybullet.applyExternalForce(
            self.body, link, self._push.tolist(), where, pybullet.WORLD_FRAME,
            physicsClientId=self._client,
        )  # fmt: skip

    @property
    def state(self) -> tuple[Vector, Vector]:
        """(n + fingers,) measured positions and velocities, arm first; rad, m and per s."""
        states = pybullet.getJointStates(self.body, self.motors, physicsClientId=self._client)
        return np.array([s[0] for s in states]), np.array([s[1] for s in states])

    @property
    def opening(self) -> float:
        """Measured opening of the gripper in [0, 1]; of the finger that is more closed."""
        positions, _ = self.state
        return min(self._gripper.opening(float(value)) for value in positions[-self._fingers :])

    def load(self) -> tuple[Vector, Vector]:
        """(3,) N and (3,) N m that act on the last link and what hangs on it, from outside and but
        for gravity; in the base frame, about that link.
        """
        last = self.motors[-self._fingers - 1]
        where = pybullet.getLinkState(self.body, last, physicsClientId=self._client)[0]
        force, torque = self._push.copy(), np.zeros(3)
        for contact in pybullet.getContactPoints(self.body, physicsClientId=self._client):
            if contact[3] >= last and contact[2] != self.body:
                pressed = contact[9] * np.array(contact[7])
                rubbed = contact[10] * np.array(contact[11]) + contact[12] * np.array(contact[13])
                force += pressed + rubbed
                torque += np.cross(np.subtract(contact[5], where), pressed + rubbed)
        return force, torque

    def touches(self, body: int) -> frozenset[int]:
        """Which links have contact with another body; a finger is its place in the gripper."""
        contacts = pybullet.getContactPoints(self.body, body, physicsClientId=self._client)
        links = {contact[3] for contact in contacts}
        return frozenset(self._finger_links.index(k) if k in self._finger_links else -1
                         for k in links)  # fmt: skip

    def _limit_forces(self, moving_is_free: bool = False) -> None:
        """What the motors may push with in the next period, N m and N; less where a drive is
        blocked. A drive that was told to jump pushes with all it has, too: in ``step`` only one
        that stands counts as blocked.

        Real arms stop where they are blocked (protective stop, collision reflex). Drives that
        pushed on with all they have would press the arm into what blocks it, or through it.
        """
        states = pybullet.getJointStates(self.body, self.motors, physicsClientId=self._client)
        # At the end of a period in which nothing is in their way, drives have force to spare.
        blocked = np.abs([state[3] for state in states]) > 0.99 * self._limits
        blocked[-self._fingers :] = False
        if moving_is_free:
            blocked &= np.abs([state[1] for state in states]) < _STANDING
        self._limits = self._forces
        if blocked.any():
            eased = np.minimum(self._weight() + _BLOCKED_SHARE * self._forces, self._forces)
            self._limits = np.where(blocked, eased, self._forces)

    def _weight(self) -> Vector:
        """(motors,) N m and N that hold the arm up."""
        states = pybullet.getJointStates(self.body, self._movable, physicsClientId=self._client)
        still = [0.0] * len(states)
        held = pybullet.calculateInverseDynamics(
            self.body, [s[0] for s in states], still, still, physicsClientId=self._client
        )
        weight = dict(zip(self._movable, held, strict=True))
        return np.abs([weight[motor] for motor in self.motors])

    def _servo_targets(self, path: Vector) -> Vector:
        """(steps, motors) what the servos are told on ``path``, by what a real controller adds."""
        steps = len(path)
        if self._delay:
            delayed = np.concatenate([self._queue, path])
            path, self._queue = delayed[:steps], delayed[steps:]
        targets = path
        if self._lag is not None:
            targets = self._lag[:steps, :steps] @ path + self._decay[:steps] * self._lagged
        start = float(self._lagged[-1])
        targets[:, -self._fingers :] = _travelled(path[:, -1], start, self._finger_travel)
        self._lagged = targets[-1]
        return targets

    def _prepare_lag(self, lag: float) -> None:
        """First-order lag over one period as one product: what comes in, and what is left."""
        steps = np.arange(self._substeps)
        self._share = (steps[:, None] + 1.0) / self._substeps
        self._lag = None
        if lag > 0.0:
            kept = float(np.exp(-self._step / lag))
            since = steps[:, None] - steps
            self._lag = np.where(since >= 0, (1.0 - kept) * kept ** np.maximum(since, 0), 0.0)
            self._decay = kept ** (steps[:, None] + 1.0)

    def _motor_goal(self, joints: Vector, fingers: float) -> Vector:
        return np.concatenate([joints, [fingers] * self._fingers])

    def _index(self, robot: RobotConfig, settings: Settings) -> None:
        """Finds the motors, and gives them and the links what the domain says."""
        client, body = self._client, self.body
        count = pybullet.getNumJoints(body, physicsClientId=client)
        infos = [pybullet.getJointInfo(body, k, physicsClientId=client) for k in range(count)]
        by_name = {info[1].decode(): info for info in infos}
        arm = [by_name[name] for name in robot.joint_names]
        self._movable = [info[0] for info in infos if info[2] != pybullet.JOINT_FIXED]
        self._finger_links = [by_name[name][0] for name in robot.gripper_joint_names]
        self.motors = [info[0] for info in arm] + self._finger_links
        force = settings.gripper.force
        strengths = [info[10] * settings.controller.force_scale for info in arm]
        self._forces = np.array(strengths + [force] * self._fingers)
        self._gains = [settings.controller.gain] * len(self.motors)
        damping = settings.controller.joint_damping
        for info in arm:
            pybullet.changeDynamics(
                body, info[0], jointDamping=damping, linearDamping=0.0, angularDamping=0.0,
                physicsClientId=client,
            )  # fmt: skip
        # Drives have a top speed, or an arm that was jammed would whip out when it comes free.
        # Bullet has one for all joints of a body.
        fastest = max(info[11] for info in arm)
        pybullet.changeDynamics(body, -1, maxJointVelocity=fastest, physicsClientId=client)
        for link in self._finger_links:
            pybullet.changeDynamics(
                body, link, lateralFriction=settings.gripper.friction, physicsClientId=client
            )

    def _couple_fingers(self) -> None:
        """Parallel grippers move their fingers as one: two motors of their own, pushing equally,
        would let what they hold slide sideways until a finger meets its stop.
        """
        if self._fingers != 2:
            return
        first, second = self._finger_links
        gear = pybullet.createConstraint(
            self.body, first, self.body, second, pybullet.JOINT_GEAR,
            (1.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), physicsClientId=self._client,
        )  # fmt: skip
        pybullet.changeConstraint(
            gear, gearRatio=-1.0, erp=0.1, maxForce=_COUPLING, physicsClientId=self._client
        )


@njit(cache=True)
def _travelled(wanted: Vector, position: float, farthest: float) -> Vector:
    """(substeps, 1) where fingers are that follow ``wanted`` by at most ``farthest`` per step."""
    reached = np.empty((len(wanted), 1))
    for k in range(len(wanted)):
        position += min(max(wanted[k] - position, -farthest), farthest)
        reached[k, 0] = position
    return reached
