# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco run: episodes on a bridge that runs already."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from rlco_bridge.client import EpisodeClient, EpisodeReport
from rlco_bridge.episode import ORDERLY
from rlco_bringup.up import profile_environment
from rlco_core.robot import RobotConfig
from rlco_sim.session import DT
from rlco_trainer.arguments import parse
from rlco_trainer.interrupt import interrupting
from rlco_trainer.progress import progress
from rlco_trainer.recording.robot import ARM_SECONDS

_START_SECONDS = 30.0
#: Beyond an episode's own time, s until its result must be there.
_MARGIN_SECONDS = 120.0
#: Where the task says how long an episode lasts, the bar is as long as the longest task's.
_STEPS = 400


@dataclass(frozen=True)
class RunConfig:
    """Episodes on the bridge of `rlco up`, of a launch file or of a container. Ctrl-C calls off the
    one that runs.

    Attributes:
        task: what is done.
        robot: the arm, by name or path.
        instruction: in words; where there is none, the scene's own, which a real cell has not.
        seed: of the first scene, where a simulator lays them out; then seed + 1 ...
        episodes: how many.
        max_steps: control periods of 50 ms after which one ends; 0: the task's own.
        arm: arm the bridge before every episode: from then on the arm may move.
        namespace: of the system.
    """

    task: str = "push_cube"
    robot: str = "panda"
    instruction: str = ""
    seed: int = 0
    episodes: int = 1
    max_steps: int = 0
    arm: bool = False
    namespace: str = ""


def run(config: RunConfig) -> int:
    """How many episodes did not end in order: by success or by their length.

    Raises:
        RlcoError: there is no bridge, it cannot be armed, or an episode does not end.
    """
    os.environ.update(profile_environment())
    stopped, robot = 0, RobotConfig.load(config.robot)
    # The client first: rclpy sets handlers of its own.
    with closing(EpisodeClient(robot, config.namespace)) as client, interrupting():
        client.wait_for_bridge(_START_SECONDS)
        for number in range(config.episodes):
            if config.arm:
                client.arm(ARM_SECONDS)
            report = _episode(config, client, config.seed + number)
            stopped += report.stop_reason not in ORDERLY
            print(f"{number + 1}/{config.episodes}  {_line(report)}", flush=True)
    return stopped


def _episode(config: RunConfig, client: EpisodeClient, seed: int) -> EpisodeReport:
    most = config.max_steps or _STEPS
    done = 0
    with progress("control periods", most) as advance:

        def during(step: int) -> None:
            nonlocal done
            advance(step - done)
            done = step

        timeout = most * DT + _MARGIN_SECONDS
        return client.run(
            config.task, seed, config.instruction, config.max_steps, timeout, during=during
        )


def _line(report: EpisodeReport) -> str:
    how = "success" if report.success else report.stop_reason
    why = f": {report.detail}" if report.detail else ""
    return f"{report.instruction!r}  {how} after {report.steps * DT:.1f} s{why}"


def main(arguments: Sequence[str]) -> int:
    """rlco run"""
    return int(run(parse(RunConfig, arguments, "run")) > 0)
