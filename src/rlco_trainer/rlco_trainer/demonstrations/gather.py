# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Demonstrations of many seeds, made by several processes, written to one dataset."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import TypeAlias

from rlco_core.errors import ConfigError, DatasetError, RlcoError
from rlco_core.proprioception import COLUMNS as STATE_COLUMNS
from rlco_core.robot import RobotConfig
from rlco_core.types import ACTION_COLUMNS
from rlco_sim.domain import Domain
from rlco_sim.scene import Task, check_split
from rlco_sim.session import DT
from rlco_sim.tasks import register, task_class
from rlco_trainer.arguments import this_command
from rlco_trainer.demonstrations.demonstrate import POINT_COLUMNS, Demonstration, World
from rlco_trainer.interrupt import kept_from_children, stoppable
from rlco_trainer.lerobot import Dataset, DatasetWriter, Features
from rlco_trainer.progress import progress

#: The demonstration of a seed.
Maker: TypeAlias = Callable[[int], Demonstration]

_AHEAD = 4
#: Failures without a success in between.
_GIVE_UP_AFTER = 200
#: What every demonstration says of itself.
METADATA: Mapping[str, type[int | str | bool]] = {
    "seed": int,
    "domain": str,
    "task_name": str,
    "split": str,
    "subject": str,
    "success": bool,
}
_maker: Maker | None = None


@dataclass(frozen=True)
class Gathering:
    """What is gathered.

    Attributes:
        out: directory of the dataset; new, or one to be continued.
        episodes: successful demonstrations in all; failed ones are left out and counted.
        first_seed: seeds are first_seed, first_seed + 1 ...
        world: where they are made.
        open_maker: called once in every process.
        workers: processes.
        resume: continue a dataset that was begun with the same settings.
        settings: what else must be equal to resume; kept as provenance.
    """

    out: Path
    episodes: int
    first_seed: int
    world: World
    open_maker: Callable[[], Maker]
    workers: int
    resume: bool
    settings: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Collected:
    """How many demonstrations were kept, and how many failed."""

    kept: int
    failed: int


def gather(what: Gathering, label: str) -> Collected:
    """Makes demonstrations until ``episodes`` are in the dataset.

    Raises:
        RlcoError: a name is unknown, or the dataset cannot be begun or continued.
        KeyboardInterrupt: stopped by a signal; what was made is in the dataset.
    """
    first_seed = _check(what)
    with (
        stoppable("demonstration", "the same command with --resume") as stopped,
        _writer(what) as writer,
        closing(_demonstrations(what, first_seed)) as demonstrations,
        progress(label, what.episodes, done=writer.num_episodes) as advance,
    ):
        kept, failed, in_a_row = writer.num_episodes, 0, 0
        while kept < what.episodes and not stopped():
            try:
                demonstration = next(demonstrations)
            except BrokenProcessPool as error:
                if stopped():  # by a signal that has ended the processes, too
                    break
                raise RlcoError(f"a process died; --resume goes on in {what.out}") from error
            if demonstration.success:
                _add(writer, demonstration, what.world)
                kept, in_a_row = kept + 1, 0
                advance(1, f"{failed} failed")
            else:
                failed, in_a_row = failed + 1, in_a_row + 1
            if in_a_row == _GIVE_UP_AFTER:
                raise ConfigError(
                    f"{in_a_row} demonstrations in a row failed; {kept} of {what.episodes} "
                    f"are in {what.out}"
                )
    return Collected(kept, failed)


def _check(what: Gathering) -> int:
    """Refuses unknown names before any process is started; returns the first seed to run."""
    world = what.world
    check_split(world.split, task_class(world.task))
    Domain.load(world.domain)
    RobotConfig.load(world.robot)
    if what.episodes < 1 or what.workers < 1:
        raise ConfigError("--episodes and --workers must be at least 1")
    if what.resume and (what.out / "meta").is_dir():
        dataset = Dataset.open(what.out)
        if dataset.episodes:
            return _next_seed(dataset, what)
    return what.first_seed


def _next_seed(dataset: Dataset, what: Gathering) -> int:
    """The seed to go on with; refuses a dataset that was begun with other settings."""
    found = {**dict(*dataset.provenance[-1:]), **dataset.episodes[-1].metadata}
    world = what.world
    wanted = {"task_name": world.task, "domain": world.domain, "split": world.split}
    for name, value in {**wanted, **what.settings}.items():
        if found.get(name) != value:
            raise DatasetError(
                f"{dataset.root}: {name} is {found.get(name)}, the new episodes have {value}: "
                "they must be equal to resume"
            )
    if found.get("first_seed", what.first_seed) != what.first_seed:
        raise DatasetError(
            f"{dataset.root} was begun with --first-seed {found['first_seed']}, not with "
            f"{what.first_seed}: what is added goes on after its last seed; choose a new directory"
        )
    return int(found["seed"]) + 1


def _writer(what: Gathering) -> DatasetWriter:
    camera = Domain.load(what.world.domain).camera
    return DatasetWriter(
        what.out,
        robot_type=RobotConfig.load(what.world.robot).name,
        fps=round(1.0 / DT),
        features=Features(
            cameras={camera.name: (camera.height, camera.width)},
            state_names=STATE_COLUMNS,
            action_names=ACTION_COLUMNS,
            metadata=dict(METADATA),
            environment_names=POINT_COLUMNS,
        ),
        provenance={
            "command": this_command(),
            "first_seed": what.first_seed,
            **what.settings,
        },
        resume=what.resume,
    )


def _add(writer: DatasetWriter, demonstration: Demonstration, world: World) -> None:
    writer.add_episode(
        images={Domain.load(world.domain).camera.name: demonstration.images},
        states=demonstration.states,
        actions=demonstration.actions,
        task=demonstration.instruction,
        metadata={
            "seed": demonstration.seed,
            "domain": world.domain,
            "task_name": world.task,
            "split": world.split,
            "subject": demonstration.subject,
            "success": demonstration.success,
        },
        environment=demonstration.points.reshape(len(demonstration.points), -1),
    )


def _demonstrations(what: Gathering, first_seed: int) -> Generator[Demonstration, None, None]:
    """Demonstrations in the order of their seeds, however many processes make them."""
    context = get_context("spawn")
    arguments = (task_class(what.world.task), what.open_maker)
    with ProcessPoolExecutor(what.workers, context, _open_worker, arguments) as pool:
        seeds = count(first_seed)
        # Of a pool that breaks, SIGTERM must reach the processes that are left.
        with kept_from_children([signal.SIGINT]):
            pending = deque(pool.submit(_make, next(seeds)) for _ in range(_AHEAD * what.workers))
        try:
            while True:
                yield pending.popleft().result()
                pending.append(pool.submit(_make, next(seeds)))
        finally:
            pool.shutdown(cancel_futures=True)


def _open_worker(task: type[Task], open_maker: Callable[[], Maker]) -> None:
    global _maker  # one simulation per worker process
    threading.Thread(target=_end_with_parent, daemon=True).start()
    register(task)
    _maker = open_maker()


def _end_with_parent() -> None:
    """A worker's queues outlive a parent that is killed, and it would wait for ever."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _make(seed: int) -> Demonstration:
    assert _maker is not None
    return _maker(seed)
