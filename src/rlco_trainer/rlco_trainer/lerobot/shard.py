# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Episodes on their way to disk: one data file, one video per camera, one episodes file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rlco_trainer.lerobot import statistics
from rlco_trainer.lerobot.schema import (
    DATA,
    EPISODES,
    VIDEO,
    Features,
    Scalar,
    image_key,
    shard_columns,
    shard_file,
)
from rlco_trainer.lerobot.tables import episode_table, write_table
from rlco_trainer.lerobot.video import VideoWriter


class Shard:
    """Collects episodes: images are encoded at once, tables stay in memory until ``write``.

    Attributes:
        number: numbers the shard's files.
        rows: the episodes so far, as rows of ``meta/episodes``.
        tables: their frames.
        histograms: camera -> (3, 256) counts of the levels of all pixels.
    """

    def __init__(self, root: Path, number: int, features: Features, fps: int) -> None:
        self.number = number
        self.rows: list[dict[str, Any]] = []
        self.tables: list[pa.Table] = []
        self.histograms = {
            camera: np.zeros((3, 256), dtype=np.int64) for camera in features.cameras
        }
        self._root, self._features, self._fps = root, features, fps
        self._videos = {
            camera: VideoWriter(
                root / shard_file(VIDEO, number, image_key(camera)), height, width, fps
            )
            for camera, (height, width) in features.cameras.items()
        }

    @property
    def frames(self) -> int:
        """Number of frames so far."""
        return sum(table.num_rows for table in self.tables)

    def add(
        self,
        images: Mapping[str, NDArray[np.uint8]],
        table: pa.Table,
        task: str,
        metadata: Mapping[str, Scalar],
    ) -> None:
        """Adds an episode: its images (T, H, W, 3) per camera and its T rows of ``table``."""
        row = self._row(table, task, metadata)
        stats = statistics.of_table(table)
        for camera, frames in images.items():
            counts = statistics.histogram(frames)
            stats[image_key(camera)] = statistics.of_histogram(counts, len(frames))
            row |= self._encode(camera, frames)
            self.histograms[camera] += counts
        self.rows.append(row | statistics.columns(stats))
        self.tables.append(table)

    def write_frames(self) -> None:
        """Completes the videos and the data file."""
        for video in self._videos.values():
            video.close()
        write_table(self._root / shard_file(DATA, self.number), pa.concat_tables(self.tables))

    def write_episodes(self) -> None:
        """Writes the episodes file; call it when all that it refers to is on disk."""
        table = episode_table(self.rows, self._features.metadata)
        write_table(self._root / shard_file(EPISODES, self.number), table)

    def discard(self) -> None:
        """Gives up the episodes."""
        for video in self._videos.values():
            video.discard()

    def _row(self, table: pa.Table, task: str, metadata: Mapping[str, Scalar]) -> dict[str, Any]:
        first = table["index"][0].as_py()
        return {
            "episode_index": table["episode_index"][0].as_py(),
            "tasks": [task],
            "length": table.num_rows,
            "dataset_from_index": first,
            "dataset_to_index": first + table.num_rows,
            **shard_columns("data", self.number),
            **shard_columns("meta/episodes", self.number),
            **metadata,
        }

    def _encode(self, camera: str, frames: NDArray[np.uint8]) -> dict[str, int | float]:
        """Appends to the camera's video; returns the columns that say where."""
        video, prefix = self._videos[camera], f"videos/{image_key(camera)}"
        start = video.frames
        video.append(frames)
        return {
            **shard_columns(prefix, self.number),
            f"{prefix}/from_timestamp": start / self._fps,
            f"{prefix}/to_timestamp": video.frames / self._fps,
        }
