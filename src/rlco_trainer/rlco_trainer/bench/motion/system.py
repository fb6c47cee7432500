# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Policy, bridge and simulated driver as processes, and what is heard of their episodes."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

from rlco_bridge.client import EpisodeClient, EpisodeReport
from rlco_bridge.driver import ArmDriver, DriverConfig
from rlco_bringup.graph import RobotSettings, robot_graph
from rlco_bringup.up import System, profile_environment
from rlco_core.errors import RlcoError
from rlco_core.robot import RobotConfig
from rlco_trainer.bench.motion.modified import Executed
from rlco_trainer.bench.motion.node import Ear
from rlco_trainer.bench.motion.played import Played, one_by_one, play
from rlco_trainer.bench.patience import START_SECONDS, patient
from rlco_trainer.bench.timing.node import SETPOINTS

_ARM = 30.0
#: s of simulated time after an episode until nothing is told any more.
_AFTER = 0.8
#: Cycles of ros2_control per second: Franka's, and UR's, which others are played with, too.
_CYCLES, _USUAL = {"franka": 1000.0}, 500.0


@dataclass(frozen=True)
class Heard:
    """One episode: how it ended, what its arm's drives were told, and the periods played."""

    report: EpisodeReport
    played: Played
    executed: Sequence[Executed]


class MotionSystem:
    """A running system; a context manager.

    Args:
        settings: of the system, whose robot is simulated.
        streamed: whether the driver takes set-points one by one.
        folder: for its files.
    """

    def __init__(self, settings: RobotSettings, streamed: bool, folder: Path) -> None:
        self._settings, self._folder = settings, folder
        self._robot = RobotConfig.load(settings.robot)
        self._setpoints, self._torn = SETPOINTS if streamed else "", 0

    def __enter__(self) -> MotionSystem:
        os.environ.update(profile_environment())
        with ExitStack() as stack:
            graph, logs = patient(robot_graph(self._settings)), self._folder / "logs"
            system = stack.enter_context(System(graph, log_dir=logs))
            client = EpisodeClient(self._robot, alive=system.require_alive)
            self._client = stack.enter_context(closing(client))
            self._ear = Ear(client.node, self._robot, self._setpoints)
            client.wait_for_system(START_SECONDS)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def episode(self, seed: int, max_steps: int) -> Heard:
        """Plays one.

        Raises:
            RlcoError: none begins.
        """
        deadline = time.monotonic() + START_SECONDS
        while not (report := self._try(seed, max_steps)).steps:
            if time.monotonic() > deadline:
                raise RlcoError(f"no episode begins: {report.stop_reason}: {report.detail}")
        self._ear.hear_out(_AFTER)
        return Heard(report, self._played(), self._ear.executed)

    def _try(self, seed: int, max_steps: int) -> EpisodeReport:
        self._client.arm(_ARM)
        self._ear.begin()
        return self._client.run(self._settings.task, seed, max_steps=max_steps)

    def _played(self) -> Played:
        if self._setpoints:
            before, self._torn = self._torn, self._ear.torn
            played = one_by_one(self._ear.setpoints(), self._settings.setpoint_rate)
            return replace(played, torn=self._torn - before, gap=self._ear.gap)
        return play(self._ear.sent(), _CYCLES.get(self._robot.driver, _USUAL))


def write_driver(robot: RobotConfig, streamed: bool, speed: float, path: Path) -> Path:
    """Writes the robot's own driver to ``path``, with an arm that is told set-points where it is
    ``streamed``. Its gripper, which moves in simulated time, is waited for as long at any speed.
    """
    driver = DriverConfig.load(robot.driver)
    driver = driver.waiting(driver.gripper.patience / speed)
    if streamed:
        arm = ArmDriver(kind="forward_position", name=SETPOINTS)
        driver = driver.model_copy(update={"arm": arm})
    return driver.write(path)
