# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco test-faults: every fault on a running system, and whether the arm stood still in time."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from rlco_bridge.driver import DriverConfig
from rlco_bringup.graph import RobotSettings
from rlco_core.errors import ConfigError, choices
from rlco_core.robot import RobotConfig
from rlco_trainer.arguments import parse
from rlco_trainer.faults.case import Case, Result
from rlco_trainer.faults.cases import ROBOTS, all_cases
from rlco_trainer.faults.judge import try_out
from rlco_trainer.faults.rig import DEADMAN_TIMEOUT, TASK, Rig
from rlco_trainer.files import write_text

#: s of simulated time within which a gripper is to be done: before the arm meets what it pushes,
#: which moves it whatever it is told.
_GRIPPER_PATIENCE = 0.9


@dataclass(frozen=True)
class FaultsConfig:
    """Faults of a simulated cell whose robot speaks as its driver does.

    Attributes:
        robots: whose cases are tried.
        cases: names of those to try; all where there are none.
        real_time_factor: how fast simulated time passes; a slow or busy machine needs less.
        json: gets the results.
        logs: directory that gets the nodes' logs.
    """

    robots: tuple[str, ...] = ROBOTS
    cases: tuple[str, ...] = ()
    real_time_factor: float = 0.5
    json: Path | None = None
    logs: Path | None = None


def chosen(config: FaultsConfig) -> list[Case]:
    """The cases that are asked for.

    Raises:
        ConfigError: there is none of that name.
    """
    cases = [case for case in all_cases() if case.robot in config.robots]
    known = sorted({case.name for case in cases})
    if unknown := set(config.cases) - set(known):
        raise ConfigError(f"no case '{min(unknown)}'; there are {choices(known)}")
    return [case for case in cases if not config.cases or case.name in config.cases]


def run_cases(config: FaultsConfig, cases: Sequence[Case], logs: Path) -> Iterator[Result]:
    """One system per robot; it is started anew after a case that it did not get over."""
    for robot, group in groupby(cases, key=lambda case: case.robot):
        with ExitStack() as stack:
            rig: Rig | None = None
            for number, case in enumerate(group):
                if rig is None:
                    stack.close()
                    folder = logs / f"{robot}_{number}"
                    settings = _settings(robot, config, folder)
                    rig = stack.enter_context(Rig(robot, settings, folder))
                result = try_out(case, rig)
                yield result
                rig = rig if result.passed else None


def _settings(robot: str, config: FaultsConfig, folder: Path) -> RobotSettings:
    return RobotSettings(
        task=TASK,
        robot=robot,
        driver=str(_impatient(robot, config, folder)),
        use_mock_hardware=True,
        real_time_factor=config.real_time_factor,
        deadman_timeout=DEADMAN_TIMEOUT,
    )


def _impatient(robot: str, config: FaultsConfig, folder: Path) -> Path:
    """The robot's driver, waiting less long for its gripper than the task takes."""
    driver = DriverConfig.load(RobotConfig.load(robot).driver)
    patience = _GRIPPER_PATIENCE / config.real_time_factor
    return driver.waiting(patience).write(folder / "driver.yaml")


def show(results: Sequence[Result], console: Console) -> None:
    """Prints a table of all, then of what failed."""
    table = Table("robot", "case", "reason", "found after", "stood still after", "")
    for one in results:
        sign = "[green]passed[/]" if one.passed else "[red]failed[/]"
        table.add_row(one.robot, one.name, one.reason, _ms(one.detect_ms), _ms(one.halt_ms), sign)
    console.print(table)
    for one in results:
        if not one.passed:
            console.print(f"{one.robot} {one.name}: {one.problem}", style="red")
    passed = sum(one.passed for one in results)
    console.print(f"{passed} of {len(results)} cases passed")


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.0f} ms"


def main(arguments: Sequence[str]) -> int:
    """rlco test-faults"""
    config = parse(FaultsConfig, arguments, "test-faults")
    console, results = Console(), []
    cases = chosen(config)
    with tempfile.TemporaryDirectory(prefix="rlco_faults_") as folder:
        for result in run_cases(config, cases, config.logs or Path(folder)):
            results.append(result)
            sign = "passed" if result.passed else f"FAILED: {result.problem}"
            done = f"{len(results)}/{len(cases)}"
            console.print(f"{done} {result.robot} {result.name}: {sign}", soft_wrap=True)
            if config.json is not None:
                cases_so_far = {"cases": [asdict(one) for one in results]}
                write_text(config.json, json.dumps(cases_so_far, indent=2) + "\n")
    show(results, console)
    return 0 if all(result.passed for result in results) else 1
