# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One demonstration: the expert acts like a person, is disturbed now and then, and recovers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import RlcoError
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_core.types import Observation
from rlco_sim.camera import project
from rlco_sim.domain import Domain
from rlco_sim.latency import LateView
from rlco_sim.session import DT, Session
from rlco_trainer.demonstrations.humanlike import Action, Disturbance, HumanStyle, Stray

#: What the points of a demonstration are called in a dataset.
POINT_COLUMNS = tuple(
    f"{what}_{axis}" for what in ("end_effector", "subject", "goal", "side") for axis in "uv"
)
#: How far beside the subject its side is, m.
_BESIDE = 0.04


@dataclass(frozen=True)
class Demonstration:
    """One episode, T control periods.

    Attributes:
        images: (T, H, W, 3) uint8 RGB.
        states: (T, 17) float32 proprioception.
        actions: (T, 7) float32, what the demonstrator wanted at that moment.
        played: (T, 7) float32, what was done, disturbances included.
        points: (T, 4, 2) float32 px, where in the image the end effector, the subject and its
            goal are (see ``Task.points``), and a place beside the subject that says how it is
            turned (see ``Task.references``); perhaps beyond its edges.
        instruction: the sentence of the scene.
        seed, subject, success: of the episode.
    """

    images: NDArray[np.uint8]
    states: NDArray[np.float32]
    actions: NDArray[np.float32]
    played: NDArray[np.float32]
    points: NDArray[np.float32]
    instruction: str
    seed: int
    subject: str
    success: bool


@dataclass(frozen=True)
class World:
    """Where demonstrations are made: names or paths of task, domain, robot; the split."""

    task: str
    domain: str
    robot: str
    split: str = "train"

    def session(self) -> Session:
        """A simulation of it."""
        return Session(
            self.task, Domain.load(self.domain), RobotConfig.load(self.robot), self.split
        )


class Recorder:
    """Plays actions in a session and keeps what was seen; one episode after the other."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.path = ActionPath(session.robot, DT)
        self._late_points = LateView(self._point, DT)

    def begin(self, seed: int, instruction: str = "") -> None:
        """Starts the episode of ``seed``."""
        self._scene = self.session.reset(seed, instruction)
        self.path.reset(self.session.joint_positions, self.session.gripper_opening)
        self._seed = seed
        self._seen: list[Observation] = []
        self._wanted: list[Action] = []
        self._played: list[Action] = []
        self._points: list[NDArray[np.float32]] = []
        # As late as the images in which they are.
        self._late_points.reset(self.session.world.settings.timing, seed)

    @property
    def over(self) -> bool:
        """Whether the episode has succeeded or lasted as long as the task allows: who demonstrates
        has no takt to keep.
        """
        return self.session.success() or self.session.steps >= self.session.task.max_steps

    def play(self, wanted: Action, played: Action) -> None:
        """One control period: records ``wanted`` with what is seen, and does ``played``.

        Raises:
            RlcoError: the safety check refuses it.
        """
        self._seen.append(self.session.observation())
        self._wanted.append(wanted)
        self._played.append(played)
        self._points.append(self._late_points.now())
        self.move(played)

    def move(self, played: Action) -> None:
        """One control period in which nothing is recorded; raises as ``play`` does."""
        command = self.path.step(played)
        if not command.verdict.accepted:
            raise RlcoError(
                f"seed {self._seed}: the expert's action was refused: {command.verdict.reason}"
            )
        self.session.advance(command.joints, command.fingers)
        self._late_points.advance()

    def finish(self) -> Demonstration:
        """The episode as it was played."""
        camera = self.session.domain.camera.name
        return Demonstration(
            images=np.stack([seen.images[camera] for seen in self._seen]),
            states=np.stack([seen.proprioception for seen in self._seen]),
            actions=np.stack(self._wanted),
            played=np.stack(self._played),
            points=np.stack(self._points),
            instruction=self._scene.instruction,
            seed=self._seed,
            subject=self._scene.subject,
            success=self.session.success(),
        )

    def _point(self) -> NDArray[np.float32]:
        """(4, 2) px, what the camera sees now."""
        session = self.session
        subject, goal = session.task.points()
        side = subject + _BESIDE * session.sideways()
        points = np.stack([session.end_effector(), subject, goal, side])
        return project(session.camera.settings, points).astype(np.float32)


class Demonstrator:
    """Makes demonstrations with the task's scripted expert.

    Args:
        world: where.
        human: how much the expert moves like a person, 0 for not at all.
        disturbance: how strongly it is thrown off now and then, 0 for never.
        stray: share of the demonstrations that begin where the arm has strayed to.
    """

    def __init__(self, world: World, human: float, disturbance: float, stray: float = 0.0) -> None:
        self._recorder = Recorder(world.session())
        self._human, self._disturbance, self._stray = human, disturbance, stray

    def run(self, seed: int) -> Demonstration:
        """The demonstration of ``seed``, until success or the step limit.

        Raises:
            RlcoError: the expert asked for something that the safety check refuses.
        """
        recorder = self._recorder
        recorder.begin(seed)
        style, disturbance = HumanStyle(seed, self._human), Disturbance(seed, self._disturbance)
        for action in Stray(seed, self._stray).actions(lambda: recorder.path.target):
            recorder.move(action)
        for action in self._actions():
            wanted = style.wish(action, recorder.path.target)
            recorder.play(wanted, disturbance.apply(wanted))
        return recorder.finish()

    def _actions(self) -> Iterator[Action]:
        """What the expert wants, one control period after the other."""
        recorder, session = self._recorder, self._recorder.session
        while not recorder.over:
            yield session.task.expert(recorder.path.target, session.gripper_opening)
