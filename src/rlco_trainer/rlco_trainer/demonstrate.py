# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One scripted demonstration: the expert acts, is disturbed now and then, and recovers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import RlcoError
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_core.types import Observation
from rlco_sim.domain import Domain
from rlco_sim.session import DT, Session

_BURST_CHANCE = 0.04
_BURST_STEPS = (3, 9)
_BURST_STEP = 0.010
# Keeps the disturbances of a seed apart from the scene of the same seed.
_STREAM = 0x64697374


@dataclass(frozen=True)
class Demonstration:
    """One episode, T control periods.

    Attributes:
        images: (T, H, W, 3) uint8 RGB.
        states: (T, 10) float32 proprioception.
        actions: (T, 7) float32, what the expert wanted at that moment.
        instruction: the sentence of the scene.
        seed, subject, success: of the episode.
    """

    images: NDArray[np.uint8]
    states: NDArray[np.float32]
    actions: NDArray[np.float32]
    instruction: str
    seed: int
    subject: str
    success: bool


class Disturbance:
    """Now and then moves the arm its own way for a few periods.

    The recorded action stays the expert's, so a policy sees how to come back from where
    its own mistakes lead it (Laskey et al., DART, CoRL 2017).

    Args:
        seed: of the episode.
        strength: 0 for none, 1 for bursts of up to 0.010 m per period and axis.
    """

    def __init__(self, seed: int, strength: float) -> None:
        self._rng = np.random.default_rng((_STREAM, seed))
        self._strength = strength
        self._left = 0
        self._push = np.zeros(3)

    def apply(self, action: NDArray[np.float32]) -> NDArray[np.float32]:
        """The (7,) action that is really played."""
        if self._strength == 0.0:
            return action  # a burst of no strength would hold the arm, not let it go
        if self._left == 0 and self._rng.random() < _BURST_CHANCE:
            self._left = int(self._rng.integers(*_BURST_STEPS))
            self._push = self._rng.uniform(-_BURST_STEP, _BURST_STEP, 3) * self._strength
        if self._left == 0:
            return action
        self._left -= 1
        disturbed = action.copy()
        disturbed[:3] = self._push
        return disturbed


class Demonstrator:
    """Makes demonstrations of one task in one domain with one arm."""

    def __init__(self, task: str, domain: str, robot: str, disturbance: float) -> None:
        config = RobotConfig.load(robot)
        self._session = Session(task, Domain.load(domain), config)
        self._path = ActionPath(config, DT)
        self._strength = disturbance

    def run(self, seed: int) -> Demonstration:
        """The demonstration of ``seed``, until success or the step limit.

        Raises:
            RlcoError: the expert asked for something that the safety check refuses.
        """
        session, disturbance = self._session, Disturbance(seed, self._strength)
        scene = session.reset(seed)
        self._path.reset(session.joint_positions, session.gripper_opening)
        observations: list[Observation] = []
        actions: list[NDArray[np.float32]] = []
        while not session.success() and session.steps < session.max_steps:
            observations.append(session.observation())
            actions.append(session.task.expert(self._path.target))
            self._play(disturbance.apply(actions[-1]), seed)
        camera = session.camera.config.name
        return Demonstration(
            images=np.stack([o.images[camera] for o in observations]),
            states=np.stack([o.proprioception for o in observations]),
            actions=np.stack(actions),
            instruction=scene.instruction,
            seed=seed,
            subject=scene.subject,
            success=session.success(),
        )

    def _play(self, action: NDArray[np.float32], seed: int) -> None:
        command = self._path.step(action)
        if not command.verdict.accepted:
            raise RlcoError(f"seed {seed}: the expert's action was refused: {command.verdict}")
        self._session.advance(command.joints, command.fingers)
