# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco collect: expert demonstrations of many seeds as a LeRobot v3.0 dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rlco_trainer.arguments import parse
from rlco_trainer.demonstrations.demonstrate import Demonstrator, World
from rlco_trainer.demonstrations.gather import Collected, Gathering, Maker, gather


@dataclass(frozen=True)
class CollectConfig:
    """Lets the scripted expert make demonstrations, as a LeRobot v3.0 dataset.

    Attributes:
        out: directory of the dataset; new, or one to be continued.
        episodes: successful demonstrations in all; failed ones are left out and counted.
        first_seed: seeds are first_seed, first_seed + 1 ...
        task: push_cube, pick_place, open_drawer or close_drawer.
        domain: of the simulation: a name (`rlco domain list`), or a file of your own.
        robot: the arm: panda, fr3, ur5e, or a file of your own.
        split: what episodes are drawn from: train, or one of the unseen_... splits.
        human: how much the expert moves like a person (pace, pauses, detours), 0 for not at all.
        disturbance: how strongly the expert is thrown off now and then, 0 for never.
        stray: share of the demonstrations that begin where the arm has strayed to, 0 for none.
        workers: processes.
        resume: continue a dataset that was begun with the same settings.
    """

    out: Path
    episodes: int = 1_200
    first_seed: int = 0
    task: str = "push_cube"
    domain: str = "twin"
    robot: str = "panda"
    split: str = "train"
    human: float = 1.0
    disturbance: float = 1.0
    stray: float = 0.0
    workers: int = 2
    resume: bool = False


def collect(config: CollectConfig) -> Collected:
    """Runs the expert until ``episodes`` demonstrations are in the dataset.

    Raises:
        RlcoError: a name is unknown, or the dataset cannot be begun or continued.
    """
    world = World(config.task, config.domain, config.robot, config.split)
    what = Gathering(
        out=config.out,
        episodes=config.episodes,
        first_seed=config.first_seed,
        world=world,
        open_maker=partial(_open_demonstrator, world, config),
        workers=config.workers,
        resume=config.resume,
        settings={
            "human": config.human,
            "disturbance": config.disturbance,
            "stray": config.stray,
        },
    )
    return gather(what, "collecting")


def _open_demonstrator(world: World, config: CollectConfig) -> Maker:
    return Demonstrator(world, config.human, config.disturbance, config.stray).run


def main(arguments: Sequence[str]) -> None:
    """rlco collect"""
    config = parse(CollectConfig, arguments, "collect")
    collected = collect(config)
    print(f"{collected.kept} demonstrations in {config.out}; the expert failed {collected.failed}")
