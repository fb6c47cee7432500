# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a dataset holds for good, and how a writer takes up where a killed one stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rlco_core.errors import DatasetError
from rlco_trainer.lerobot import statistics
from rlco_trainer.lerobot.reader import Dataset
from rlco_trainer.lerobot.records import FOLDER
from rlco_trainer.lerobot.schema import FILES_PER_CHUNK, INFO, Features, image_key
from rlco_trainer.lerobot.shard import Shard
from rlco_trainer.lerobot.statistics import Statistics
from rlco_trainer.lerobot.tables import matrix, read_table


@dataclass(frozen=True)
class Ledger:
    """The committed part of a dataset.

    Attributes:
        episodes: number of episodes.
        next_shard: number that no file has yet.
        tables: rows of all frames, in order; images are not among them.
        histograms: camera -> (3, 256) counts of the levels of all pixels.
    """

    episodes: int
    next_shard: int
    tables: tuple[pa.Table, ...]
    histograms: Mapping[str, NDArray[np.int64]]

    @classmethod
    def empty(cls, features: Features) -> Ledger:
        """The ledger of a dataset without episodes."""
        zeros = {camera: np.zeros((3, 256), dtype=np.int64) for camera in features.cameras}
        return cls(episodes=0, next_shard=0, tables=(), histograms=zeros)

    @classmethod
    def of(cls, dataset: Dataset) -> Ledger:
        """The ledger of a dataset on disk; decodes all its images."""
        return cls(
            episodes=len(dataset.episodes),
            next_shard=_next_shard(dataset.root),
            tables=(dataset.table(dataset.episodes),),
            histograms={camera: _histogram(dataset, camera) for camera in dataset.features.cameras},
        )

    def plus(self, shard: Shard) -> Ledger:
        """The ledger once ``shard`` is committed."""
        return Ledger(
            episodes=self.episodes + len(shard.rows),
            next_shard=shard.number + 1,
            tables=(*self.tables, *shard.tables),
            histograms={
                camera: counts + shard.histograms[camera]
                for camera, counts in self.histograms.items()
            },
        )

    @property
    def frames(self) -> int:
        """Number of frames."""
        return sum(table.num_rows for table in self.tables)

    def statistics(self) -> dict[str, Statistics]:
        """Statistics of every feature over all frames."""
        of_images = {
            image_key(camera): statistics.of_histogram(counts, self.frames)
            for camera, counts in self.histograms.items()
        }
        return {**of_images, **statistics.of_table(pa.concat_tables(self.tables))}


def recover(dataset: Dataset) -> None:
    """Removes what a killed writer did not commit."""
    for path in _uncommitted(dataset):
        path.unlink()


def _uncommitted(dataset: Dataset) -> list[Path]:
    """Frames and episode rows beyond the counts of info.json, and half-written files."""
    root, count = dataset.root, len(dataset.episodes)
    kept = {root / record.data_file for record in dataset.episodes}
    kept |= {root / span.file for record in dataset.episodes for span in record.videos.values()}
    frames = chain(root.glob("data/*/*.parquet"), root.glob("videos/*/*/*.mp4"))
    rows = root.glob(f"{FOLDER}/*/*.parquet")
    return [
        *(path for path in frames if path not in kept),
        *(path for path in rows if _first_episode(path) >= count),
        *(path for kind in ("data", "videos", "meta") for path in (root / kind).rglob(".*")),
    ]


def _first_episode(path: Path) -> int:
    return int(matrix(read_table(path, ["episode_index"])["episode_index"]).min())


def _next_shard(root: Path) -> int:
    numbers = [
        int(path.parent.name.removeprefix("chunk-")) * FILES_PER_CHUNK
        + int(path.stem.removeprefix("file-"))
        for path in root.rglob("chunk-*/file-*.*")
    ]
    return max(numbers) + 1


def _histogram(dataset: Dataset, camera: str) -> NDArray[np.int64]:
    counts = np.zeros((3, 256), dtype=np.int64)
    for record in dataset.episodes:
        counts += statistics.histogram(dataset.images(camera, [record]))
    return counts


def check_same(dataset: Dataset, robot_type: str, fps: int, features: Features) -> None:
    """Raises DatasetError unless the dataset on disk can take episodes of these features."""
    wanted = {"robot_type": robot_type, "fps": fps, **vars(features)}
    found = {"robot_type": dataset.robot_type, "fps": dataset.fps, **vars(dataset.features)}
    if not dataset.episodes:
        found["metadata"] = wanted["metadata"]
    for name, value in wanted.items():
        if found[name] != value:
            raise DatasetError(
                f"{dataset.root / INFO}: {name} is {found[name]}, the new episodes have {value}: "
                "they must be equal to resume"
            )
