# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Datasets on disk as what training draws from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import ConfigError, DatasetError
from rlco_core.proprioception import COLUMNS
from rlco_core.robot import RobotConfig
from rlco_sim.session import DT
from rlco_trainer.learning.batches import Demonstrations
from rlco_trainer.learning.sources import Portion, Source
from rlco_trainer.lerobot import Dataset
from rlco_trainer.policies.policy import Policy
from rlco_trainer.settings import require_least

#: Share of the robot's speed limit that a policy uses at most; the rest is rounding.
_SPEED_SHARE = 0.98


@dataclass(frozen=True)
class Loaded:
    """A dataset in memory, and what it says of itself.

    Attributes:
        data: its first episodes, as many as were asked for.
        robot, task, domain: of its episodes.
    """

    data: Demonstrations
    robot: str
    task: str
    domain: str

    @property
    def episodes(self) -> int:
        """How many there are in memory."""
        return len(np.unique(self.data.episode_ends))


@dataclass(frozen=True)
class Share:
    """How the frames of a dataset are drawn.

    Attributes:
        early: share of samples from the first ``early_frames`` frames of episodes: there it is
            the instruction that tells what to do; later the arm's place gives it away.
        early_frames: how many frames are early.
        held_out: episodes at the end that are only measured.
    """

    early: float = 0.25
    early_frames: int = 16
    held_out: int = 10

    def __post_init__(self) -> None:
        require_least(self, 0, "early_frames", "held_out")


def load(path: Path, episodes: int = 0) -> Loaded:
    """The dataset at ``path``; its first ``episodes``, or all for 0.

    Raises:
        DatasetError: it cannot be read, has fewer episodes, not exactly one camera, another rate
            than policies, or says no task.
    """
    dataset = Dataset.open(path)
    if dataset.fps != round(1.0 / DT):
        raise DatasetError(f"{path} has {dataset.fps} Hz; policies act at {1.0 / DT:.0f} Hz")
    if episodes < 0:
        raise DatasetError(f"{episodes} episodes of {path} make no sense; 0 is for all")
    records = dataset.episodes[: episodes or None]
    if not records or len(records) < episodes:
        raise DatasetError(f"{path} has {len(dataset.episodes)} episodes; {episodes or 1} needed")
    frames = dataset.load()
    if len(frames.images) != 1:
        raise DatasetError(f"{path} has {len(frames.images)} cameras; policies see exactly one")
    if frames.states.shape[1] != len(COLUMNS):
        raise DatasetError(
            f"{path} has states of {frames.states.shape[1]} numbers; policies see {len(COLUMNS)}: "
            f"{', '.join(COLUMNS)}; collect it anew"
        )
    (images,) = frames.images.values()
    count = sum(record.length for record in records)
    about = {key: str(records[0].metadata.get(key, "")) for key in ("task_name", "domain")}
    if not about["task_name"]:
        raise DatasetError(f"{path} does not say its task; episodes need task_name, as push_cube")
    return Loaded(
        data=Demonstrations.build(
            images[:count],
            frames.states[:count],
            frames.actions[:count],
            [record.length for record in records],
            [record.task for record in records],
            frames.environment[:count].reshape(count, -1, 2),
        ),
        robot=dataset.robot_type or "",
        task=about["task_name"],
        domain=Path(about["domain"]).stem,
    )


def portions(
    kind: str, source: Source, data: Demonstrations, share: Share, weight: float
) -> tuple[list[Portion], NDArray[np.int64]]:
    """What of a dataset is trained on, ``weight`` in all, and its held-out frames.

    Raises:
        ConfigError: no episode is left to train on, or no frame is early enough for its share.
    """
    trained, held_out = data.split(share.held_out)
    early = data.early(trained, share.early_frames)
    if not 0.0 <= share.early <= (1.0 if len(early) else 0.0):
        raise ConfigError(
            f"share.early {share.early} of the samples from the first {share.early_frames} frames "
            "of episodes: it must lie in [0, 1], and be 0 where share.early_frames is 0"
        )
    return [
        Portion(kind, source, trained, weight * (1.0 - share.early)),
        Portion(kind, source, early, weight * share.early),
    ], held_out


def fit(policy: Policy, loaded: list[Loaded]) -> None:
    """Gives a new policy the scales of what it will be trained on.

    Raises:
        ConfigError: a robot is unknown.
    """
    if not loaded:
        raise ConfigError("nothing to train on; name at least one dataset")
    limits = [RobotConfig.load(one.robot).limits for one in loaded]
    policy.scale.fit(
        np.concatenate([one.data.states for one in loaded]),
        np.concatenate([one.data.actions for one in loaded]),
        (
            _SPEED_SHARE * DT * min(limit.linear_speed for limit in limits),
            _SPEED_SHARE * DT * min(limit.angular_speed for limit in limits),
        ),
    )
    policy.backbone.fit(np.concatenate([one.data.spoken() for one in loaded]))
