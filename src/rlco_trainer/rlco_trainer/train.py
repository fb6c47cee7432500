# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco train sft: from a dataset on disk to a trained network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from rlco_core.errors import DatasetError
from rlco_trainer.arguments import parse
from rlco_trainer.batches import Demonstrations
from rlco_trainer.learning.device import device
from rlco_trainer.lerobot import Dataset
from rlco_trainer.sft import CHECKPOINT, SftConfig, train


@dataclass(frozen=True)
class TrainConfig:
    """What is trained, and where.

    Attributes:
        dataset: directory of a LeRobot v3.0 dataset.
        out: directory of the run: checkpoint and TensorBoard curves. A run that was
            stopped, however hard, goes on from its checkpoint.
        device: cpu, cuda, or auto for cuda where there is one.
        threads: of torch on the CPU; 0 for one per core.
        sft: the settings of training.
    """

    dataset: Path
    out: Path
    device: str = "auto"
    threads: int = 0
    sft: SftConfig = field(default_factory=SftConfig)


def train_sft(config: TrainConfig) -> None:
    """Trains, or goes on training, until all steps are done.

    Raises:
        RlcoError: the dataset cannot be read or is too small, or the run had other settings.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    dataset = Dataset.open(config.dataset)
    train(load_demonstrations(dataset), config.sft, config.out, device(config.device))


def load_demonstrations(dataset: Dataset) -> Demonstrations:
    """All frames of a dataset with one camera, in memory.

    Raises:
        DatasetError: it has no frames, or not exactly one camera.
    """
    frames = dataset.load()
    if len(frames.images) != 1:
        raise DatasetError(
            f"{dataset.root} has {len(frames.images)} cameras; the nano policy sees exactly one"
        )
    (images,) = frames.images.values()
    return Demonstrations.build(
        images,
        frames.states,
        frames.actions,
        [record.length for record in dataset.episodes],
        [record.task for record in dataset.episodes],
    )


def main(arguments: Sequence[str]) -> None:
    """rlco train sft"""
    config = parse(TrainConfig, arguments, "train sft")
    train_sft(config)
    print(f"checkpoint: {config.out / CHECKPOINT}; next: rlco export --checkpoint {config.out}")
