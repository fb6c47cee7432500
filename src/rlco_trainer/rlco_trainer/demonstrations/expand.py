# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco expand: many demonstrations out of a few, by carrying their motions over to new scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from rlco_core.errors import DatasetError
from rlco_trainer.arguments import parse
from rlco_trainer.demonstrations.demonstrate import Demonstration, Recorder, World
from rlco_trainer.demonstrations.gather import Collected, Gathering, Maker, gather
from rlco_trainer.demonstrations.humanlike import Disturbance
from rlco_trainer.demonstrations.segments import Source, carried_over, nearest, source_of
from rlco_trainer.lerobot import Dataset
from rlco_trainer.progress import progress


@dataclass(frozen=True)
class ExpandConfig:
    """Demonstrations out of a few others (MimicGen).

    Attributes:
        dataset: a LeRobot dataset that ``rlco collect`` made, best without disturbance: its
            episodes must succeed again when their actions are played in their own scenes.
        out: directory of the new dataset; new, or one to be continued.
        episodes: successful demonstrations in all; failed ones are left out and counted.
        first_seed: seeds of the new scenes are first_seed, first_seed + 1 ...
        domain: of the new scenes; that of the dataset where empty.
        robot: the arm; that of the dataset where empty, which knows it by its name alone.
        split: of the new scenes.
        disturbance: how strongly the motion is thrown off now and then, 0 for never.
        workers: processes.
        resume: continue a dataset that was begun with the same settings.
    """

    dataset: Path
    out: Path
    episodes: int = 1_000
    first_seed: int = 1_000_000
    domain: str = ""
    robot: str = ""
    split: str = "train"
    disturbance: float = 1.0
    workers: int = 2
    resume: bool = False


def expand(config: ExpandConfig) -> Collected:
    """Carries the dataset's demonstrations over until ``episodes`` are made.

    Raises:
        RlcoError: the dataset cannot be read, none of its episodes succeeds again, or the new
            dataset cannot be begun or continued.
    """
    dataset = Dataset.open(config.dataset)
    origin = _origin(dataset, config.robot)
    sources = _sources(dataset, origin)
    world = World(origin.task, config.domain or origin.domain, origin.robot, config.split)
    what = Gathering(
        out=config.out,
        episodes=config.episodes,
        first_seed=config.first_seed,
        world=world,
        open_maker=partial(_open_expander, world, sources, config.disturbance),
        workers=config.workers,
        resume=config.resume,
        settings={"disturbance": config.disturbance, "expanded_from": len(sources)},
    )
    return gather(what, "expanding")


class Expander:
    """Makes demonstrations out of sources."""

    def __init__(self, world: World, sources: Sequence[Source], disturbance: float) -> None:
        self._recorder = Recorder(world.session())
        self._sources = sources
        self._disturbance = disturbance

    def run(self, seed: int) -> Demonstration:
        """The demonstration of ``seed``; it may have failed, as nobody looks while it is played."""
        recorder = self._recorder
        recorder.begin(seed)
        source = nearest(self._sources, recorder.session)
        disturbance = Disturbance(seed, self._disturbance)
        for action in carried_over(source, recorder.session, recorder.path):
            if recorder.over:
                break
            recorder.play(action, disturbance.apply(action))
        rest = recorder.path.gripper_opening
        while not recorder.over and recorder.session.holding:
            still = np.array([0.0] * 6 + [rest], dtype=np.float32)
            recorder.play(still, still)
        return recorder.finish()


def _open_expander(world: World, sources: Sequence[Source], disturbance: float) -> Maker:
    return Expander(world, sources, disturbance).run


def _origin(dataset: Dataset, robot: str) -> World:
    """Where a dataset was made; ``robot``, unless empty, says with which arm.

    Raises:
        DatasetError: its episodes do not say, or were made in several places.
    """
    arm, keys = robot or dataset.robot_type, ("task_name", "domain", "split")
    places = {tuple(str(e.metadata.get(key, "")) for key in keys) for e in dataset.episodes}
    if not arm or len(places) != 1 or "" in next(iter(places), ("",)):
        raise DatasetError(
            f"{dataset.root}: every episode must tell the same robot, {', '.join(keys)}, "
            "as those of rlco collect do"
        )
    ((task, domain, split),) = places
    return World(task, domain, arm, split)


def _sources(dataset: Dataset, origin: World) -> tuple[Source, ...]:
    """Those episodes that succeed again, cut into stretches."""
    session = origin.session()
    found: list[Source] = []
    with progress("sources", len(dataset.episodes)) as advance:
        for record in dataset.episodes:
            actions = dataset.episode(record.index).actions
            source = source_of(session, int(record.metadata["seed"]), actions)
            if source is not None:
                found.append(source)
            advance(1, f"{len(found)} usable")
    session.close()
    if not found:
        raise DatasetError(
            f"{dataset.root}: no episode succeeds again when its actions are played; "
            "collect the sources with --disturbance 0"
        )
    return tuple(found)


def main(arguments: Sequence[str]) -> None:
    """rlco expand"""
    config = parse(ExpandConfig, arguments, "expand")
    expanded = expand(config)
    print(f"{expanded.kept} demonstrations in {config.out}; {expanded.failed} failed")
