# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A running simulation as a robot shows itself: joints and images out, joint commands in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_core.kinematics import Kinematics
from rlco_core.proprioception import proprioception
from rlco_core.robot import RobotConfig
from rlco_core.types import Observation
from rlco_sim.camera import Camera
from rlco_sim.domain import Domain
from rlco_sim.scene import Scene
from rlco_sim.tasks import task_class
from rlco_sim.world import World

DT = 0.05
DT_NS = 50_000_000
_HOME_JITTER = 0.02


class Session:
    """One task in one domain with one arm, stepped by joint commands.

    The same seed gives the same episode to the bit on the same machine and versions.
    Time only goes forward: a reset starts a new episode one period later.

    Attributes:
        stamp_ns: simulated time, ns.
        steps: control periods since the reset.
        scene: instruction and subject of this episode.
    """

    def __init__(self, task: str, domain: Domain, robot: RobotConfig) -> None:
        self.robot = robot
        self.domain = domain
        self._task_class = task_class(task)
        self._kinematics = Kinematics(robot)  # first, as it says what is wrong with a robot
        self._world = World(robot, domain, DT)
        self.camera = Camera(self._world.client, domain.camera, domain.light)
        self.stamp_ns = 0
        self.reset(0)

    @property
    def max_steps(self) -> int:
        """Control periods after which the task's episode ends."""
        return self._task_class.max_steps

    def close(self) -> None:
        """Frees the physics client."""
        self._world.close()

    def reset(self, seed: int, instruction: str = "") -> Scene:
        """Starts the episode of ``seed``; a non-empty instruction replaces the drawn one.

        Raises:
            ConfigError: negative seed, or an instruction that the task cannot judge.
        """
        if seed < 0:
            raise ConfigError(f"seed {seed} is negative; seeds are 0, 1, 2 ...")
        if instruction:
            self._task_class.subject(instruction)  # a foul one leaves the running scene alone
        rng = np.random.default_rng(seed)
        self._world.rebuild()
        self.task = self._task_class(self._world)
        jitter = rng.uniform(-_HOME_JITTER, _HOME_JITTER, len(self.robot.home))
        fingers = self.robot.gripper.joint_position(self._task_class.gripper_opening)
        self._world.reset_arm(np.array(self.robot.home) + jitter, fingers)
        self.scene = self.task.reset(rng, instruction)
        self.steps = 0
        self.stamp_ns += DT_NS
        return self.scene

    def advance(self, joints: NDArray[np.float64], fingers: float) -> None:
        """Commands arm (n,) rad and fingers (m or rad) for one control period; it passes."""
        self._world.advance(joints, fingers)
        self.steps += 1
        self.stamp_ns += DT_NS

    def success(self) -> bool:
        """Whether the task is done now."""
        return self.task.success()

    @property
    def joint_positions(self) -> NDArray[np.float64]:
        """(n,) measured arm joints, rad."""
        return self._world.motor_positions[: len(self.robot.joint_names)]

    @property
    def motor_positions(self) -> NDArray[np.float64]:
        """(n + fingers,) measured positions, arm joints first, as in joint states."""
        return self._world.motor_positions

    @property
    def motor_velocities(self) -> NDArray[np.float64]:
        """(n + fingers,) measured velocities, arm joints first, as in joint states."""
        return self._world.motor_velocities

    @property
    def fingers(self) -> float:
        """Measured position of the first finger joint, m or rad."""
        return float(self._world.motor_positions[len(self.robot.joint_names)])

    @property
    def gripper_opening(self) -> float:
        """Measured opening in [0, 1]."""
        return self.robot.gripper.opening(self.fingers)

    def proprioception(self) -> NDArray[np.float32]:
        """(10,) float32, see ``rlco_core.proprioception``."""
        return proprioception(self._kinematics, self.joint_positions, self.gripper_opening)

    def observation(self) -> Observation:
        """What a policy would see now; renders the camera."""
        return Observation(
            stamp_ns=self.stamp_ns,
            images={self.camera.config.name: self.camera.render()},
            proprioception=self.proprioception(),
            instruction=self.scene.instruction,
        )

    def view(self, width: int, height: int) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 RGB from the policy's camera at another size, for people."""
        size = self.domain.camera.model_copy(update={"width": width, "height": height})
        return Camera(self._world.client, size, self.domain.light).render()
