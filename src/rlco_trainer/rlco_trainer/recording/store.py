# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The dataset that recorded episodes go into, each for good as soon as it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import DatasetError, RlcoError
from rlco_core.proprioception import COLUMNS as STATE_COLUMNS
from rlco_core.types import ACTION_COLUMNS
from rlco_sim.session import DT
from rlco_sim.tasks import task_class
from rlco_trainer.demonstrations.gather import METADATA
from rlco_trainer.lerobot import Dataset, DatasetWriter, Features, Scalar
from rlco_trainer.recording.take import Take

#: s from one try to write an episode to the next.
_AGAIN = 5.0


@dataclass(frozen=True)
class Place:
    """Where and what is recorded: names of robot, task, domain (or of a real cell) and split."""

    robot: str
    task: str
    domain: str
    split: str


class Store:
    """Writes takes; a context manager.

    Args:
        out: directory of the dataset; new, or one that ``resume`` goes on with.
        place: of all its episodes.
        camera: name, and (height, width) px.
        provenance: kept with the dataset.
        say: called with a line for the person while the disk is full.
        wait: lets so many seconds pass.

    Raises:
        DatasetError: ``out`` is not empty, or what is there does not fit.
    """

    def __init__(
        self,
        out: Path,
        place: Place,
        camera: tuple[str, tuple[int, int]],
        provenance: Mapping[str, Scalar],
        resume: bool = False,
        say: Callable[[str], None] = print,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._place, self._camera, self._say, self._wait = place, camera[0], say, wait
        self.next_seed = _next_seed(out, place) if resume else None
        self._writer = DatasetWriter(
            out,
            robot_type=place.robot,
            fps=round(1.0 / DT),
            features=Features(
                cameras=dict([camera]),
                state_names=STATE_COLUMNS,
                action_names=ACTION_COLUMNS,
                metadata=dict(METADATA),
                intervention=True,
            ),
            provenance=provenance,
            resume=resume,
            # What a person did is not done again: every episode is committed by itself.
            episodes_per_file=1,
        )

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    @property
    def episodes(self) -> int:
        """How many there are."""
        return self._writer.num_episodes

    def add(self, take: Take, instruction: str, seed: int, success: bool, took_over: bool) -> None:
        """Commits an episode. While it cannot be written, as on a full disk, the person is told,
        and it is tried again.

        Args:
            took_over: whether what a person did was done in a policy's place.

        Raises:
            RlcoError: the take or the instruction do not fit the dataset.
        """
        place = self._place
        metadata: dict[str, Scalar] = {
            "seed": seed,
            "domain": place.domain,
            "task_name": place.task,
            "split": place.split,
            "subject": task_class(place.task).subject(instruction),
            "success": success,
        }
        while not self._written(take, instruction, metadata, take.by_person & took_over):
            self._wait(_AGAIN)

    def _written(
        self,
        take: Take,
        instruction: str,
        metadata: Mapping[str, Scalar],
        intervention: NDArray[np.bool_],
    ) -> bool:
        try:
            self._writer.add_episode(
                images={self._camera: take.images},
                states=take.states,
                actions=take.actions,
                task=instruction,
                metadata=metadata,
                intervention=intervention,
            )
        except DatasetError:
            raise
        except (RlcoError, OSError) as error:
            self._say(
                f"{error}; the episode waits in memory and is written once there is room "
                f"(tried every {_AGAIN:g} s; Ctrl-C gives it up)"
            )
            return False
        return True


def _next_seed(out: Path, place: Place) -> int | None:
    """The seed to go on with; None for a dataset that is yet to begin.

    Raises:
        DatasetError: the episodes that are there are of another task, domain or split, or were not
            recorded so.
    """
    if not (out / "meta").is_dir() or not (episodes := Dataset.open(out).episodes):
        return None
    last = episodes[-1].metadata
    for name, value in (
        ("task_name", place.task),
        ("domain", place.domain),
        ("split", place.split),
    ):
        if last.get(name) != value:
            raise DatasetError(
                f"{out}: {name} is {last.get(name)}, the new episodes have {value}: "
                "they must be equal to resume"
            )
    if "seed" not in last:
        raise DatasetError(f"{out} has no seeds: it was not recorded so; choose a new directory")
    return int(last["seed"]) + 1
