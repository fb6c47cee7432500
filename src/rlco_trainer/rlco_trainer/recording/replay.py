# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco replay: an episode's actions, played again through the bridge and all its checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_bridge.client import EpisodeClient
from rlco_bringup.recording import SIM, RecordSettings, record_contract, record_graph
from rlco_core.errors import ConfigError, DatasetError
from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig
from rlco_core.stamps import seconds_to_ns
from rlco_sim.session import DT
from rlco_trainer.arguments import parse
from rlco_trainer.lerobot import Dataset, Episode
from rlco_trainer.recording.node import Ears, scripted_chunks
from rlco_trainer.recording.robot import Reached
from rlco_trainer.recording.script import Script, commanded_path, measured_pose
from rlco_trainer.recording.session import Recorded, Recordings, require_begun, running

#: Control periods after the last action in which an arm that is late may arrive.
_SETTLING = 20
#: m and rad that an arm may be from where an episode begins; a longer way there is nobody's plan.
_NEAR, _TURNED = 0.05, 0.2
_HEARD_SECONDS = 5.0


@dataclass(frozen=True)
class ReplayConfig(Reached):
    """Plays an episode again, through the bridge and all its checks.

    Attributes:
        dataset: directory of the dataset.
        episode: its number, from 0.
        domain: where it is played; where none is given, that of the episode. Of a cell, whose
            camera's name and size the pictures get.
        robot: the arm, by name or path; where none is given, that of the dataset.
        split: of the simulation; where none is given, that of the episode.
        mode: lockstep or realtime, as a simulation runs; what a driver reaches is in real time.
        attach: start nothing; play in what runs: record.launch.py with device:=none, or a robot.
        namespace, tf_prefix: of the system.
        logs: directory that gets the nodes' logs.
    """

    dataset: Path
    episode: int = 0
    domain: str = ""
    robot: str = ""
    split: str = ""
    mode: Literal["lockstep", "realtime"] = "lockstep"
    attach: bool = False
    namespace: str = ""
    tf_prefix: str = ""
    logs: Path | None = None


@dataclass(frozen=True)
class Comparison:
    """How far a replay was from its episode.

    Attributes:
        periods: control periods that both have.
        recorded_periods: of the episode.
        farthest, mean: m, of the end effector at the same period.
        off_path: m, of the end effector from the nearest place of the episode, at most.
        gripper: the largest difference of the measured opening.
        success, recorded_success: how it goes now, and how it had gone; None where nobody said.
        ended: why the replay ended, as the bridge says.
    """

    periods: int
    recorded_periods: int
    farthest: float
    mean: float
    off_path: float
    gripper: float
    success: bool | None
    recorded_success: bool | None
    ended: str

    def __str__(self) -> str:
        words = {True: "success", False: "no success", None: "not known"}
        return (
            f"{self.periods} of {self.recorded_periods} periods were played: {self.ended}\n"
            f"end effector: {1e3 * self.farthest:.2f} mm from the recorded at most, "
            f"{1e3 * self.mean:.2f} mm on average; {1e3 * self.off_path:.2f} mm off its path; "
            f"gripper: {self.gripper:.3f} at most\n"
            f"outcome: {words[self.success]}; recorded: {words[self.recorded_success]}"
        )


def replay(config: ReplayConfig) -> Comparison:
    """Plays the episode.

    Raises:
        RlcoError: there is no such episode, it does not fit, or the system does not come up.
    """
    dataset = Dataset.open(config.dataset)
    episode = dataset.episode(config.episode)
    _require_rate(dataset)
    settings = settings_of(config, dataset, episode)
    contract = record_contract(settings)
    graph = record_graph(settings)
    with running(() if config.attach else graph, settings, config.logs) as client:
        script, periods = Script(seconds_to_ns(DT)), len(episode.actions)
        script.actions, lockstep = episode.actions, settings.mode == "lockstep"
        if not lockstep:
            script.path = commanded_path(episode.states, episode.actions)
            periods += _SETTLING
        recordings = Recordings(client, contract, settings)
        robot = RobotConfig.load(settings.robot)
        scripted_chunks(client.node, robot, script, lockstep, contract, settings.tf_prefix)
        seed = int(episode.metadata.get("seed", 0))
        prepare = config.preparations(settings.driver, client)
        if config.cell or not _resets_scenes(client):

            def look(seed: int) -> None:
                require_near(recordings.ears, robot, episode)

            # Before the bridge is armed, and after: that may take a person's while.
            asked = bool(config.cell)
            prepare = [*prepare[:asked], look, *prepare[asked:], look]
        for step in prepare:
            step(seed)
        recorded = recordings.run(seed, periods, episode.task)
    require_begun(recorded)
    return compare(episode, recorded)


def compare(episode: Episode, recorded: Recorded) -> Comparison:
    """How far what was played is from the episode."""
    if recorded.take is None:
        raise DatasetError(f"the replay was not heard: {recorded.problem}")
    states = recorded.take.states
    count = min(len(states), len(episode.states))
    away = _away(states[:count], episode.states[:count])
    label = episode.metadata.get("success")
    return Comparison(
        periods=count,
        recorded_periods=len(episode.states),
        farthest=float(away[:, 0].max()),
        mean=float(away[:, 0].mean()),
        off_path=_off_path(states[:, :3], episode.states[:, :3]),
        gripper=float(away[:, 1].max()),
        success=recorded.success if recorded.judged else None,
        recorded_success=None if label is None else bool(label),
        ended=recorded.report.detail or recorded.report.stop_reason,
    )


def _away(states: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """(T, 2) between end effectors, m, and between openings."""
    difference = states - others
    place = np.linalg.norm(difference[:, :3], axis=1)
    return np.column_stack([place, np.abs(difference[:, 9])])


def _off_path(places: NDArray[np.float32], path: NDArray[np.float32]) -> float:
    """Of (T, 3) places from (U, 3), m."""
    apart = np.linalg.norm(places[:, None] - path[None], axis=2)
    return float(apart.min(axis=1).max())


def require_near(ears: Ears, robot: RobotConfig, episode: Episode) -> None:
    """Raises ConfigError where the arm is not where the episode begins."""
    count, begins = len(robot.joint_names), measured_pose(episode.states[0].astype(np.float64))
    is_at = Kinematics(robot).forward(ears.joints_now(_HEARD_SECONDS).positions[:count])
    away = float(np.linalg.norm(is_at.translation - begins.translation))
    turned = float(np.linalg.norm(pin.log3(is_at.rotation.T @ begins.rotation)))
    if away > _NEAR or turned > _TURNED:
        where = ", ".join(f"{value:.3f}" for value in begins.translation)
        raise ConfigError(
            f"the end effector is {away:.2f} m and {turned:.2f} rad from where the episode begins, "
            f"({where}) m in the robot's base; bring it within {_NEAR:g} m and {_TURNED:g} rad"
        )


def _resets_scenes(client: EpisodeClient) -> bool:
    """Whether a simulator brings the arm to where an episode begins."""
    name = client.node.resolve_service_name("reset_scene")
    return name in dict(client.node.get_service_names_and_types())


def _require_rate(dataset: Dataset) -> None:
    if dataset.fps != round(1.0 / DT):
        raise DatasetError(
            f"{dataset.root} has {dataset.fps} Hz; the arm is commanded at {1.0 / DT:.0f} Hz"
        )


def settings_of(config: ReplayConfig, dataset: Dataset, episode: Episode) -> RecordSettings:
    """The system that an episode is replayed in.

    Raises:
        RlcoError: the episode does not say its task, or the robot cannot be reached so.
    """
    about, arm = episode.metadata, config.robot or str(dataset.robot_type)
    task = about.get("task_name")
    if not task:
        raise DatasetError(f"{dataset.root} does not say its task; episodes need task_name")
    driver = config.driver_of(RobotConfig.load(arm))
    # What was recorded in a cell has its name for a domain.
    recorded_in = "twin" if config.cell else str(about.get("domain", "twin"))
    return RecordSettings(
        task=str(task),
        domain=config.domain or recorded_in,
        split=config.split or str(about.get("split", "train")),
        robot=arm,
        mode=config.mode if driver == SIM else "realtime",
        driver=driver,
        use_mock_hardware=config.use_mock_hardware,
        real_time_factor=config.real_time_factor,
        namespace=config.namespace,
        tf_prefix=config.tf_prefix,
        device="none",
    )


def main(arguments: Sequence[str]) -> None:
    """rlco replay"""
    config = parse(ReplayConfig, arguments, "replay")
    print(replay(config))
