# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Gymnasium environments over the same session and action path as the robot's.

After ``import rlco_sim``, ``gymnasium.make("rlco/PushCube-v0")`` gives one environment,
``gymnasium.make_vec("rlco/PushCube-v0", num_envs=8, vectorization_mode="async")`` one
process each.
"""

from __future__ import annotations

from typing import Any, cast

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rlco_core import proprioception
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_core.types import ACTION_COLUMNS
from rlco_sim.domain import Domain
from rlco_sim.session import DT, Session

_Obs = dict[str, Any]


class RlcoEnv(gymnasium.Env[_Obs, NDArray[np.float32]]):
    """One decision per step: ``execute`` actions are played, then one image is rendered.

    Observation: ``image`` (H, W, 3) uint8 RGB, ``proprioception`` (10,) float32.
    Action: (execute, 7) float32, see ``rlco_core.types.ActionChunk``.
    Reward: 1 on success, else 0; success terminates. A refused action truncates, as the
    bridge would stop there; ``info`` has ``instruction``, ``subject``, ``success``, ``steps``
    and ``verdict``. The instruction is not in the observation, since Gymnasium's asynchronous
    vector environments lose texts in their shared memory.

    Args:
        task: name of the task.
        domain: name or path of the domain.
        robot: name or path of the robot.
        execute: control periods per decision.
        instruction: replaces the drawn one unless empty.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012

    def __init__(
        self,
        task: str,
        domain: str = "twin",
        robot: str = "panda",
        execute: int = 4,
        instruction: str = "",
        render_mode: str | None = None,
    ) -> None:
        config = RobotConfig.load(robot)
        self.session = Session(task, Domain.load(domain), config)
        self.path = ActionPath(config, DT)
        self.render_mode = render_mode
        self._instruction = instruction
        camera = self.session.domain.camera
        self.observation_space = spaces.Dict(
            {
                "image": spaces.Box(0, 255, (camera.height, camera.width, 3), np.uint8),
                "proprioception": spaces.Box(-np.inf, np.inf, (proprioception.SIZE,), np.float32),
            }
        )
        self.action_space = _action_space(config, execute)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[_Obs, dict[str, Any]]:
        """Starts the episode of ``seed``; without one, the generator draws the next."""
        super().reset(seed=seed)
        episode = seed if seed is not None else int(self.np_random.integers(2**31))
        self.session.reset(episode, self._instruction)
        self.path.reset(self.session.joint_positions, self.session.gripper_opening)
        return self._observe(), self._info(True, "")

    def step(self, action: NDArray[np.float32]) -> tuple[_Obs, float, bool, bool, dict[str, Any]]:
        """Plays the rows of ``action`` until success, a refusal or the step limit."""
        accepted, reason = True, ""
        for row in action:
            if self._over():
                break
            command = self.path.step(row)
            accepted, reason = command.verdict.accepted, command.verdict.reason
            if not accepted:
                break
            self.session.advance(command.joints, command.fingers)
        success = self.session.success()
        truncated = not success and (not accepted or self._over())
        return self._observe(), float(success), success, truncated, self._info(accepted, reason)

    def render(self) -> NDArray[np.uint8] | None:
        """(480, 480, 3) uint8 RGB for people."""
        return self.session.view(480, 480) if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Frees the physics client."""
        self.session.close()

    def _over(self) -> bool:
        return self.session.success() or self.session.steps >= self.session.max_steps

    def _observe(self) -> _Obs:
        observation = self.session.observation()
        (image,) = observation.images.values()
        return {
            "image": image,
            "proprioception": observation.proprioception,
        }

    def _info(self, accepted: bool, reason: str) -> dict[str, Any]:
        return {
            "success": self.session.success(),
            "steps": self.session.steps,
            "accepted": accepted,
            "verdict": reason,
            "instruction": self.session.scene.instruction,
            "subject": self.session.scene.subject,
        }


def _action_space(robot: RobotConfig, execute: int) -> spaces.Space[NDArray[np.float32]]:
    """The box inside which every action passes the speed limit (per axis, a cube in its ball)."""
    linear = robot.limits.linear_speed * DT / np.sqrt(3.0)
    angular = robot.limits.angular_speed * DT / np.sqrt(3.0)
    high = np.array([linear] * 3 + [angular] * 3 + [1.0], dtype=np.float32)
    low = np.concatenate([-high[:6], [0.0]]).astype(np.float32)
    assert len(high) == len(ACTION_COLUMNS)
    bounds = (np.tile(low, (execute, 1)), np.tile(high, (execute, 1)))
    return cast(spaces.Space[NDArray[np.float32]], spaces.Box(*bounds, dtype=np.float32))
