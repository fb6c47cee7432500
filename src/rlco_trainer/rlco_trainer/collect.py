# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco collect: expert demonstrations of many seeds as a LeRobot v3.0 dataset."""

from __future__ import annotations

import shlex
import sys
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from pathlib import Path

from rlco_core.errors import ConfigError, DatasetError
from rlco_core.proprioception import COLUMNS as STATE_COLUMNS
from rlco_core.robot import RobotConfig
from rlco_core.types import ACTION_COLUMNS
from rlco_sim.domain import Domain
from rlco_sim.session import DT
from rlco_sim.tasks import task_class
from rlco_trainer.arguments import parse
from rlco_trainer.demonstrate import Demonstration, Demonstrator
from rlco_trainer.lerobot import Dataset, DatasetWriter, Features
from rlco_trainer.progress import progress

_AHEAD = 4
_GIVE_UP_AFTER = 200
_demonstrator: Demonstrator | None = None


@dataclass(frozen=True)
class CollectConfig:
    """What is collected.

    Attributes:
        out: directory of the dataset; new, or one to be continued.
        episodes: successful demonstrations in all; failed ones are left out and counted.
        first_seed: seeds are first_seed, first_seed + 1 ...
        task, domain, robot: of the simulation.
        disturbance: how strongly the expert is thrown off now and then, 0 for never.
        workers: processes.
        resume: continue a dataset that was begun with the same settings.
    """

    out: Path
    episodes: int = 1_200
    first_seed: int = 0
    task: str = "push_cube"
    domain: str = "twin"
    robot: str = "panda"
    disturbance: float = 1.0
    workers: int = 2
    resume: bool = False


@dataclass(frozen=True)
class Collected:
    """How many demonstrations were kept, and how many the expert failed."""

    kept: int
    failed: int


def collect(config: CollectConfig) -> Collected:
    """Runs the expert until ``episodes`` demonstrations are in the dataset.

    Raises:
        RlcoError: a name is unknown, or the dataset cannot be begun or continued.
    """
    first_seed = _check(config)
    with (
        _writer(config) as writer,
        closing(_demonstrations(config, first_seed)) as demonstrations,
        progress("collecting", config.episodes, done=writer.num_episodes) as advance,
    ):
        kept, failed = writer.num_episodes, 0
        while kept < config.episodes:
            demonstration = next(demonstrations)
            if demonstration.success:
                _add(writer, demonstration, config)
                kept += 1
                advance(1, f"{failed} failed")
            else:
                failed += 1
            if failed - kept >= _GIVE_UP_AFTER:
                raise ConfigError(f"the expert failed {failed} of {failed + kept} episodes")
    return Collected(kept, failed)


def _check(config: CollectConfig) -> int:
    """Refuses unknown names before any process is started; returns the first seed to run."""
    task_class(config.task)
    Domain.load(config.domain)
    RobotConfig.load(config.robot)
    if config.episodes < 1 or config.workers < 1:
        raise ConfigError("--episodes and --workers must be at least 1")
    if config.resume and (config.out / "meta").is_dir():
        dataset = Dataset.open(config.out)
        if dataset.episodes:
            return _next_seed(dataset, config)
    return config.first_seed


def _next_seed(dataset: Dataset, config: CollectConfig) -> int:
    """The seed to go on with; refuses a dataset that was begun with other settings."""
    found = {**dict(*dataset.provenance[-1:]), **dataset.episodes[-1].metadata}
    wanted = {
        "task_name": config.task,
        "domain": config.domain,
        "disturbance": config.disturbance,
    }
    for name, value in wanted.items():
        if found.get(name) != value:
            raise DatasetError(
                f"{dataset.root}: {name} is {found.get(name)}, the new episodes have {value}: "
                "they must be equal to resume"
            )
    return int(found["seed"]) + 1


def _writer(config: CollectConfig) -> DatasetWriter:
    camera = Domain.load(config.domain).camera
    return DatasetWriter(
        config.out,
        robot_type=RobotConfig.load(config.robot).name,
        fps=round(1.0 / DT),
        features=Features(
            cameras={camera.name: (camera.height, camera.width)},
            state_names=STATE_COLUMNS,
            action_names=ACTION_COLUMNS,
            metadata={
                "seed": int,
                "domain": str,
                "task_name": str,
                "subject": str,
                "success": bool,
            },
        ),
        provenance={
            "command": shlex.join(["rlco", *sys.argv[1:]]),
            "disturbance": config.disturbance,
        },
        resume=config.resume,
    )


def _add(writer: DatasetWriter, demonstration: Demonstration, config: CollectConfig) -> None:
    writer.add_episode(
        images={Domain.load(config.domain).camera.name: demonstration.images},
        states=demonstration.states,
        actions=demonstration.actions,
        task=demonstration.instruction,
        metadata={
            "seed": demonstration.seed,
            "domain": config.domain,
            "task_name": config.task,
            "subject": demonstration.subject,
            "success": demonstration.success,
        },
    )


def _demonstrations(config: CollectConfig, first_seed: int) -> Generator[Demonstration, None, None]:
    """Demonstrations in the order of their seeds, however many processes make them."""
    arguments = (config.task, config.domain, config.robot, config.disturbance)
    with ProcessPoolExecutor(config.workers, get_context("spawn"), _open_worker, arguments) as pool:
        seeds = count(first_seed)
        pending = deque(
            pool.submit(_demonstrate, next(seeds)) for _ in range(_AHEAD * config.workers)
        )
        try:
            while True:
                yield pending.popleft().result()
                pending.append(pool.submit(_demonstrate, next(seeds)))
        finally:
            pool.shutdown(cancel_futures=True)


def _open_worker(task: str, domain: str, robot: str, disturbance: float) -> None:
    global _demonstrator  # one simulation per worker process
    _demonstrator = Demonstrator(task, domain, robot, disturbance)


def _demonstrate(seed: int) -> Demonstration:
    assert _demonstrator is not None
    return _demonstrator.run(seed)


def main(arguments: Sequence[str]) -> None:
    """rlco collect"""
    config = parse(CollectConfig, arguments, "collect")
    collected = collect(config)
    print(f"{collected.kept} demonstrations in {config.out}; the expert failed {collected.failed}")
