# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench motion: whole episodes, and what their arms' controllers were told beyond limits.

Policy, bridge and the robot's simulated driver run in real time, as ``rlco up robot
--use-mock-hardware`` starts them: once with the policy that ships, and once with one that returns
white noise. Every trajectory is played again as the arm's controller plays it, cycle by cycle, and
every set-point is taken where set-points are told one by one. All of it, replaced chunks and brakes
too, is held against the limits that the arm's maker publishes. A trajectory that came too late to
go on from the one before is played as it comes, and counted.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

from rlco_bridge.journal import read_journal
from rlco_bringup.graph import RobotSettings
from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig
from rlco_policy.shipped import shipped_bundle
from rlco_sim.session import DT
from rlco_trainer.arguments import parse
from rlco_trainer.bench.figures import document, keep, show_figures
from rlco_trainer.bench.motion.audit import Audit, Reached
from rlco_trainer.bench.motion.modified import modified
from rlco_trainer.bench.motion.noise import noise_bundle
from rlco_trainer.bench.motion.system import MotionSystem, write_driver
from rlco_trainer.progress import Advance, progress
from rlco_trainer.settings import require_least

_FIRST_SEED = 60_000
_VERSIONS = ("numpy", "onnxruntime", "ruckig")
Policy = Literal["shipped", "noise"]
Told = Literal["trajectories", "setpoints"]


@dataclass(frozen=True)
class BenchMotionConfig:
    """Holds what arms' controllers are told, over whole episodes, against the arms' limits.

    Attributes:
        episodes: of each robot, policy and kind of controller.
        robots: by name, or path of their YAML files.
        policies: the one that ships for the task, or white noise under its contract.
        told: the robot's own controller, which takes trajectories, or one that takes set-points.
        task: that is played.
        max_steps: control periods per episode; 0 for the task's own limit.
        setpoint_rate: set-points per second that motion is made of.
        real_time_factor: how fast simulated time passes; a slow or busy machine needs less.
        json: file that gets the figures.
    """

    episodes: int = 100
    robots: tuple[str, ...] = ("panda", "ur5e")
    policies: tuple[Policy, ...] = ("shipped", "noise")
    told: tuple[Told, ...] = ("trajectories", "setpoints")
    task: str = "close_drawer"
    max_steps: int = 0
    setpoint_rate: float = 100.0
    real_time_factor: float = 0.5
    json: Path | None = None

    def __post_init__(self) -> None:
        require_least(self, 1, "episodes")
        require_least(self, 0, "max_steps")


@dataclass(frozen=True)
class Case:
    """What is played by one system."""

    robot: str
    policy: Policy
    told: Told


@dataclass(frozen=True)
class Row:
    """What came of one case.

    Attributes:
        episodes: that were played, and how they ended.
        samples: cycles of the controller that were looked at.
        beyond: samples beyond a published limit, by kind.
        beyond_chosen: samples beyond a limit that was chosen, as the maker publishes none.
        reached: the largest share of each limit, and where.
        torn, gap_rad: motion that came too late to go on from what was played, and by how much at
            most. Trajectories jump there; a step of set-points fades within limits.
        commands, modified: control periods, and those in which the arm was told something else than
            the policy asked for.
        held_back: how often motion began to be held back, by limit.
    """

    robot: str
    policy: str
    told: str
    episodes: int
    ends: Mapping[str, int]
    samples: int
    beyond: Mapping[str, int]
    beyond_chosen: Mapping[str, int]
    reached: Mapping[str, Reached]
    torn: int
    gap_rad: float
    commands: int
    modified: int
    held_back: Mapping[str, int]


@dataclass(frozen=True)
class Bench:
    """All cases.

    Attributes:
        setpoint_rate, real_time_factor: as configured.
        violations: samples beyond published limits, of all cases.
    """

    setpoint_rate: float
    real_time_factor: float
    violations: int
    rows: tuple[Row, ...]


def bench_motion(config: BenchMotionConfig) -> Bench:
    """Plays case by case.

    Raises:
        RlcoError: a system does not start, or no policy ships for a task on a robot.
    """
    cases = [Case(*one) for one in product(config.robots, config.policies, config.told)]
    with progress("episodes", config.episodes * len(cases)) as advance:
        rows = tuple(_rows(config, cases, advance))
    violations = sum(sum(row.beyond.values()) for row in rows)
    return Bench(config.setpoint_rate, config.real_time_factor, violations, rows)


def _rows(config: BenchMotionConfig, cases: Sequence[Case], advance: Advance) -> Iterator[Row]:
    for case in cases:
        with tempfile.TemporaryDirectory(prefix="rlco_bench_") as folder:
            yield _row(config, case, Path(folder), advance)


def _row(config: BenchMotionConfig, case: Case, folder: Path, advance: Advance) -> Row:
    settings, streamed = _settings(config, case, folder), case.told == "setpoints"
    robot = RobotConfig.load(case.robot)
    audit, kinematics = Audit(robot, DT), Kinematics(robot)
    ends, torn, gap, commands, changed = Counter[str](), 0, 0.0, 0, 0
    with MotionSystem(settings, streamed, folder) as system:
        for number in range(config.episodes):
            heard = system.episode(_FIRST_SEED + number, config.max_steps)
            audit.look(number, heard.played)
            ends[heard.report.stop_reason] += 1
            torn, gap = torn + heard.played.torn, max(gap, heard.played.gap)
            commands += heard.report.steps
            changed += modified(kinematics, heard.executed)
            advance(1, f"{case.robot}, {case.policy}, {case.told}")
    return Row(
        robot=case.robot,
        policy=case.policy,
        told=case.told,
        episodes=config.episodes,
        ends=dict(ends.most_common()),
        samples=audit.samples,
        beyond=dict(audit.beyond),
        beyond_chosen=dict(audit.beyond_chosen),
        reached=audit.reached,
        torn=torn,
        gap_rad=round(gap, 6),
        commands=commands,
        modified=changed,
        held_back=_held_back(Path(settings.journal)),
    )


def _settings(config: BenchMotionConfig, case: Case, folder: Path) -> RobotSettings:
    robot = RobotConfig.load(case.robot)
    bundle = shipped_bundle(config.task, robot.name)
    if case.policy == "noise":
        bundle = noise_bundle(bundle, robot, _FIRST_SEED, folder / "noise")
    streamed, speed = case.told == "setpoints", config.real_time_factor
    return RobotSettings(
        bundle=str(bundle),
        task=config.task,
        robot=case.robot,
        driver=str(write_driver(robot, streamed, speed, folder / "driver.yaml")),
        use_mock_hardware=True,
        real_time_factor=speed,
        setpoint_rate=config.setpoint_rate,
        journal=str(folder / "journal.jsonl"),
    )


def _held_back(journal: Path) -> dict[str, int]:
    """How often motion began to be held back, by limit."""
    events = [one for one in read_journal(journal) if one["event"] == "motion held back"]
    return dict(Counter(str(one["reason"]) for one in events).most_common())


def show(bench: Bench, console: Console) -> None:
    """Prints a table of all cases, and where they came nearest to limits."""
    table = Table(title="motion", title_justify="left")
    headings = ("robot", "policy", "told", "samples", "beyond", "torn", "commands", "modified")
    for heading in headings:
        table.add_column(heading)
    for row in bench.rows:
        counts = (row.samples, sum(row.beyond.values()), row.torn, row.commands, row.modified)
        table.add_row(row.robot, row.policy, row.told, *map(str, counts))
    console.print(table)
    for row in bench.rows:
        nearest = {
            kind: f"{one.share:.3f} of the limit: {one.joint}, episode {one.episode}, "
            f"step {one.step}"
            for kind, one in row.reached.items()
        }
        show_figures(f"{row.robot}, {row.policy}, {row.told}: most", nearest, console)


def main(arguments: Sequence[str]) -> int:
    """rlco bench motion"""
    config = parse(BenchMotionConfig, arguments, "bench motion")
    bench = bench_motion(config)
    show(bench, Console())
    keep(document(bench, _VERSIONS), config.json)
    return 1 if bench.violations else 0
