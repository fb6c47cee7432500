# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Gymnasium environments over the same session and action path as the robot's.

After ``import rlco_sim``, ``gymnasium.make("rlco/PushCube-v0")`` gives one environment;
``rlco_sim.vector.VectorEnv`` runs many of them on a few processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rlco_core import proprioception
from rlco_core.errors import ConfigError, choices
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_core.types import ACTION_COLUMNS
from rlco_sim.domain import Domain
from rlco_sim.reward import MilestoneReward, Nearer
from rlco_sim.session import DT, Session
from rlco_sim.truth import SIZE as TRUTH_SIZE
from rlco_sim.truth import truth

REWARDS = ("sparse", "milestone", "shaped")
_Obs = dict[str, Any]
_Action = NDArray[np.float32]
_Step = tuple[_Obs, float, bool, bool, dict[str, Any]]


@dataclass(frozen=True)
class EnvState:
    """An episode so far: how it began, and every action since. The simulation is
    deterministic, so this is all there is to it.
    """

    seed: int
    instruction: str
    progress: float
    actions: tuple[_Action, ...]


class RlcoEnv(gymnasium.Env[_Obs, _Action]):
    """One decision per step: ``execute`` actions are played, then one image is rendered.

    Observation: ``image`` (H, W, 3) uint8 RGB, ``proprioception`` (17,) float32.
    Action: (execute, 7) float32, see ``rlco_core.types.ActionChunk``.
    Reward: ``sparse``: 1 on the first success; ``milestone`` as ``rlco_sim.reward`` says;
    ``shaped``: that, and for every step that brings the subject nearer to its goal.
    Success terminates, unless ``terminate`` is off. A refused action truncates, as the bridge
    would stop there; ``info`` has ``instruction``, ``subject``, ``success``, ``reached``,
    ``steps``, ``accepted`` and ``verdict``. The instruction is not in the observation, since
    policies encode it once per episode.

    Args:
        task: name of the task.
        domain: name or path of the domain.
        robot: name or path of the robot.
        split: what episodes are drawn from.
        execute: control periods per decision.
        reward: sparse, milestone or shaped.
        terminate: whether success ends the episode.
        instruction: replaces the drawn one unless empty.
        images: off leaves the image out of the observation, and its cost.
        truth: on adds ``truth`` (16,) float32 to it, see ``rlco_sim.truth``.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012

    def __init__(
        self,
        task: str,
        domain: str = "twin",
        robot: str = "panda",
        split: str = "train",
        execute: int = 4,
        reward: str = "sparse",
        terminate: bool = True,
        instruction: str = "",
        images: bool = True,
        truth: bool = False,
        render_mode: str | None = None,
    ) -> None:
        config = RobotConfig.load(robot)
        self.session = Session(task, Domain.load(domain), config, split)
        self.path = ActionPath(config, DT)
        self.render_mode = render_mode
        self._instruction, self._terminate = instruction, terminate
        self._images, self._truth = images, truth
        self._rewarded = self._milestones(reward)
        self._reward = MilestoneReward(self._rewarded)
        self._nearer = Nearer() if reward == "shaped" else None
        self._begin(0, instruction)
        self.observation_space = _observation_space(self.session.domain, images, truth)
        self.action_space = _action_space(config, execute)

    @property
    def reward_span(self) -> tuple[float, float]:
        """The least and the greatest reward of one control period."""
        least, greatest = self._reward.span
        if self._nearer is None:
            return least, greatest
        return least + self._nearer.span[0], greatest + self._nearer.span[1]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[_Obs, dict[str, Any]]:
        """Starts the episode of ``seed``; without one, the generator draws the next.

        Args:
            seed: of the episode.
            options: ``progress`` in [0, 1] moves the domain's curricula from now on,
                ``instruction`` replaces the drawn one in this episode.
        """
        super().reset(seed=seed)
        episode = seed if seed is not None else int(self.np_random.integers(2**31))
        chosen = dict(options or {})
        self.session.progress = float(chosen.get("progress", self.session.progress))
        self._begin(episode, str(chosen.get("instruction", self._instruction)))
        return self._observe(), self._info(True, "")

    def step(self, action: _Action) -> _Step:
        """Plays the rows of ``action`` until success, a refusal or the step limit."""
        accepted, reason, reward = True, "", 0.0
        for row in action:
            if self._over():
                break
            accepted, reason = self._play(np.array(row, dtype=np.float32))
            if not accepted:
                break
            reward += self._pay()
        success = self.session.success()
        ended = success and self._terminate
        truncated = not ended and (not accepted or self._over())
        return self._observe(), reward, ended, truncated, self._info(accepted, reason)

    def get_state(self) -> EnvState:
        """The episode so far; ``set_state`` resumes it to the bit, here or elsewhere."""
        return EnvState(*self._start, tuple(self._played))

    def set_state(self, state: EnvState) -> _Obs:
        """Goes to ``state`` by playing its episode again, about 1 ms per control period.

        Returns:
            What is observed there.
        Raises:
            ConfigError: the state is not of this task, domain, robot and split.
        """
        self.session.progress = state.progress
        self._begin(state.seed, state.instruction)
        for row in state.actions:
            accepted, reason = self._play(row)
            if not accepted:
                raise ConfigError(f"the state is of another environment: {reason}")
            self._pay()
        return self._observe()

    def render(self) -> NDArray[np.uint8] | None:
        """(480, 480, 3) uint8 RGB for people."""
        return self.session.view(480, 480) if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Frees the physics client."""
        self.session.close()

    def _milestones(self, reward: str) -> int:
        """How many milestones are rewarded."""
        if reward not in REWARDS:
            raise ConfigError(f"reward '{reward}' is unknown; it should be {choices(REWARDS)}")
        return 0 if reward == "sparse" else len(self.session.milestones)

    def _begin(self, seed: int, instruction: str) -> None:
        self.session.reset(seed, instruction)
        self.path.reset(self.session.joint_positions, self.session.gripper_opening)
        self._reward.reset()
        if self._nearer is not None:
            self._nearer.reset(self.session.distance())
        self._start = (seed, instruction, self.session.progress)
        self._played: list[_Action] = []

    def _play(self, row: _Action) -> tuple[bool, str]:
        """One control period; whether the action was accepted, and why not."""
        command = self.path.step(row)
        if command.verdict.accepted:
            self.session.advance(command.joints, command.fingers)
            self._played.append(row)
        return command.verdict.accepted, command.verdict.reason

    def _pay(self) -> float:
        """The reward of the control period that has just passed."""
        paid = self._reward.update(self._reached(), self.session.success())
        return paid if self._nearer is None else paid + self._nearer.update(self.session.distance())

    def _reached(self) -> tuple[bool, ...]:
        return self.session.reached() if self._rewarded else ()

    def _over(self) -> bool:
        done = self._terminate and self.session.success()
        return done or self.session.steps >= self.session.max_steps

    def _observe(self) -> _Obs:
        seen: _Obs = {"truth": truth(self.session, self._reward.reached)} if self._truth else {}
        if not self._images:
            return {**seen, "proprioception": self.session.proprioception()}
        observation = self.session.observation()
        (image,) = observation.images.values()
        return {**seen, "image": image, "proprioception": observation.proprioception}

    def _info(self, accepted: bool, reason: str) -> dict[str, Any]:
        return {
            "success": self.session.success(),
            "reached": self.session.reached(),
            "steps": self.session.steps,
            "accepted": accepted,
            "verdict": reason,
            "instruction": self.session.scene.instruction,
            "subject": self.session.scene.subject,
        }


def _observation_space(domain: Domain, images: bool, truth: bool) -> spaces.Dict:
    sizes = {"proprioception": proprioception.SIZE} | ({"truth": TRUTH_SIZE} if truth else {})
    parts: dict[str, spaces.Space[Any]] = {
        key: spaces.Box(-np.inf, np.inf, (size,), np.float32) for key, size in sizes.items()
    }
    if images:
        camera = domain.camera
        parts["image"] = spaces.Box(0, 255, (camera.height, camera.width, 3), np.uint8)
    return spaces.Dict(parts)


def _action_space(robot: RobotConfig, execute: int) -> spaces.Space[NDArray[np.float32]]:
    """The box inside which every action passes the speed limit (per axis, a cube in its ball)."""
    linear = robot.limits.linear_speed * DT / np.sqrt(3.0)
    angular = robot.limits.angular_speed * DT / np.sqrt(3.0)
    high = np.array([linear] * 3 + [angular] * 3 + [1.0], dtype=np.float32)
    low = np.concatenate([-high[:6], [0.0]]).astype(np.float32)
    assert len(high) == len(ACTION_COLUMNS)
    bounds = (np.tile(low, (execute, 1)), np.tile(high, (execute, 1)))
    return cast(spaces.Space[NDArray[np.float32]], spaces.Box(*bounds, dtype=np.float32))
