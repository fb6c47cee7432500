# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Episodes over ROS 2: simulator, policy and bridge as processes of their own."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from rlco_bridge.client import EpisodeClient
from rlco_bringup.graph import RobotSettings, SimSettings, robot_graph, sim_graph
from rlco_bringup.up import System, profile_environment
from rlco_core.errors import RlcoError
from rlco_core.robot import RobotConfig
from rlco_trainer.evaluation.rollout import Trace

_START_SECONDS = 60.0
_ARM_SECONDS = 30.0
_ORDERLY = ("success", "step_limit")


class RosRoller:
    """Runs a bundle in a system that it starts and stops; a context manager.

    Args:
        settings: of the system; a simulation runs in lock-step whatever they say, a robot in real
            time, armed before every episode.
        log_dir: gets one log file per node; without it they write to the terminal.
    """

    def __init__(self, settings: SimSettings | RobotSettings, log_dir: Path | None) -> None:
        self._task, self._arms = settings.task, isinstance(settings, RobotSettings)
        if isinstance(settings, RobotSettings):
            graph = robot_graph(settings)
        else:
            graph = sim_graph(replace(settings, mode="lockstep"))
        self._system = System(graph, log_dir=log_dir)
        self._robot = RobotConfig.load(settings.robot)

    def __enter__(self) -> RosRoller:
        os.environ.update(profile_environment())
        self._system.__enter__()
        try:
            self._client = EpisodeClient(self._robot, alive=self._system.require_alive)
            self._client.wait_for_system(_START_SECONDS)
        except BaseException:
            self._system.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()
        self._system.__exit__(kind, error, trace)

    def run(self, seed: int, instruction: str = "", max_steps: int = 0) -> Trace:
        """One episode.

        Raises:
            RlcoError: it ended for a reason that says nothing of the policy.
        """
        if self._arms:
            self._client.arm(_ARM_SECONDS)
        report = self._client.run(self._task, seed, instruction, max_steps)
        if not self._arms and report.steps == 0 and report.stop_reason not in _ORDERLY:
            self._system.require_alive()
            raise RlcoError(f"seed {seed}: {report.stop_reason}: {report.detail}")
        return Trace(
            seed=seed,
            instruction=report.instruction,
            success=report.success,
            steps=report.steps,
            stop_reason=report.stop_reason,
            commands=report.commands,
            fingers=report.fingers,
            latency_ms=report.latency_ms,
        )
