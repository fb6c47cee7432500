# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Reading a LeRobot v3.0 dataset: one episode, or all frames as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rlco_core.errors import DatasetError
from rlco_trainer.lerobot.provenance import Session, read_sessions
from rlco_trainer.lerobot.records import EpisodeRecord, read_records
from rlco_trainer.lerobot.schema import (
    ACTION,
    DEFAULT_COLUMNS,
    ENVIRONMENT,
    INTERVENTION,
    STATE,
    Features,
    Scalar,
    read_features,
    read_info,
)
from rlco_trainer.lerobot.statistics import Statistics, read_statistics
from rlco_trainer.lerobot.tables import matrix, read_table, read_tasks
from rlco_trainer.lerobot.video import read_video


@dataclass(frozen=True)
class Episode:
    """One episode of T frames.

    Attributes:
        images: camera name -> (T, H, W, 3) uint8 RGB.
        states: (T, S) float32.
        actions: (T, A) float32.
        task: the instruction.
        metadata: what the writer kept of the episode, such as its seed.
        intervention: (T,) bool, where a person had taken over; nowhere, if it is not recorded.
    """

    images: Mapping[str, NDArray[np.uint8]]
    states: NDArray[np.float32]
    actions: NDArray[np.float32]
    task: str
    metadata: Mapping[str, Scalar]
    intervention: NDArray[np.bool_]


@dataclass(frozen=True)
class Frames:
    """All N frames of a dataset, episode after episode.

    Attributes:
        images: camera name -> (N, H, W, 3) uint8 RGB.
        states: (N, S) float32.
        actions: (N, A) float32.
        environment: (N, E) float32, what only a simulator knows; E is 0 where there is none.
        episode_index: (N,) int64, the episode of each frame.
        frame_index: (N,) int64, the number of each frame within its episode.
    """

    images: Mapping[str, NDArray[np.uint8]]
    states: NDArray[np.float32]
    actions: NDArray[np.float32]
    environment: NDArray[np.float32]
    episode_index: NDArray[np.int64]
    frame_index: NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    """A dataset on disk.

    Attributes:
        root: its directory.
        robot_type: the robot that it was recorded on.
        fps: frames per second.
        features: what it records.
        episodes: its episodes, without their frames.
        tasks: instruction -> its number.
        stats: feature -> name of the statistic -> values; ``statistics.py`` tells their shapes.
        provenance: who wrote which episodes; empty for datasets of other writers.
    """

    root: Path
    robot_type: str | None
    fps: int
    features: Features
    episodes: tuple[EpisodeRecord, ...]
    tasks: Mapping[str, int]
    stats: Mapping[str, Statistics]
    provenance: tuple[Session, ...]

    @classmethod
    def open(cls, root: Path | str) -> Dataset:
        """Reads and checks what describes the dataset; frames are read on demand.

        Raises:
            DatasetError: a file is missing or malformed; the line names it.
        """
        root = Path(root)
        info = read_info(root)
        cameras = tuple(read_features(root, info, {}).cameras)
        records, metadata = read_records(root, info, cameras)
        _check_files(root, records)
        return cls(
            root=root,
            robot_type=info.robot_type,
            fps=info.fps,
            features=read_features(root, info, metadata),
            episodes=records,
            tasks=read_tasks(root) if records else {},
            stats=read_statistics(root) if records else {},
            provenance=read_sessions(root),
        )

    @property
    def num_frames(self) -> int:
        """Number of frames of all episodes."""
        return sum(record.length for record in self.episodes)

    def episode(self, index: int) -> Episode:
        """Reads one episode.

        Raises:
            DatasetError: there is none of that number, or its files cannot be read.
        """
        if not 0 <= index < len(self.episodes):
            raise DatasetError(f"{self.root}: no episode {index}: it has {len(self.episodes)}")
        record = self.episodes[index]
        table = self.table([record])
        return Episode(
            images={camera: self.images(camera, [record]) for camera in self.features.cameras},
            states=matrix(table[STATE]),
            actions=matrix(table[ACTION]),
            task=record.task,
            metadata=record.metadata,
            intervention=(
                matrix(table[INTERVENTION])[:, 0] > 0
                if self.features.intervention
                else np.zeros(table.num_rows, np.bool_)
            ),
        )

    def load(self) -> Frames:
        """Reads all frames into memory: 12 kB for a 64x64 image."""
        table = self.table(self.episodes)
        return Frames(
            images={camera: self.images(camera, self.episodes) for camera in self.features.cameras},
            states=matrix(table[STATE]),
            actions=matrix(table[ACTION]),
            environment=(
                matrix(table[ENVIRONMENT])
                if self.features.environment_names
                else np.zeros((table.num_rows, 0), np.float32)
            ),
            episode_index=matrix(table["episode_index"])[:, 0],
            frame_index=matrix(table["frame_index"])[:, 0],
        )

    def table(self, records: Sequence[EpisodeRecord]) -> pa.Table:
        """The parquet columns of consecutive episodes, one row per frame."""
        known = [ENVIRONMENT] if self.features.environment_names else []
        known += [INTERVENTION] if self.features.intervention else []
        columns = [STATE, ACTION, *known, *DEFAULT_COLUMNS]
        files = [name for name, _ in groupby(records, key=lambda record: record.data_file)]
        if not files:
            raise DatasetError(f"{self.root}: has no episodes: nothing to read")
        table = pa.concat_tables([read_table(self.root / name, columns) for name in files])
        first = np.searchsorted(matrix(table["index"])[:, 0], records[0].first_frame)
        rows = table.slice(int(first), sum(record.length for record in records))
        _check_rows(self.root / files[0], rows, records)
        return rows

    def images(self, camera: str, records: Sequence[EpisodeRecord]) -> NDArray[np.uint8]:
        """The images of consecutive episodes, (N, H, W, 3)."""
        height, width = self.features.cameras[camera]
        count = sum(record.length for record in records)
        images = np.empty((count, height, width, 3), dtype=np.uint8)
        filled = 0
        for name, group in groupby(records, key=lambda record: record.videos[camera].file):
            spans = [(record.videos[camera].first_frame, record.length) for record in group]
            filled += _fill(images[filled:], self.root / name, self.fps, spans)
        return images


def _fill(images: NDArray[np.uint8], path: Path, fps: int, spans: Sequence[tuple[int, int]]) -> int:
    """Fills ``images`` from its start with the (first frame, length) spans of one video."""
    numbers = np.concatenate([np.arange(first, first + length) for first, length in spans])
    video = read_video(path, fps, start=int(numbers[0]))
    for row, number in enumerate(numbers.tolist()):
        image = next((image for shown, image in video if shown == number), None)
        if image is None or image.shape != images.shape[1:]:
            found = "is missing" if image is None else f"has shape {image.shape}"
            raise DatasetError(f"{path}: frame {number} {found}: must be {images.shape[1:]}")
        images[row] = image
    return len(numbers)


def _check_rows(path: Path, table: pa.Table, records: Sequence[EpisodeRecord]) -> None:
    """Rows must be numbered through, or the episodes' places in the files are wrong."""
    last = records[-1].frames.stop
    if not np.array_equal(matrix(table["index"])[:, 0], np.arange(records[0].first_frame, last)):
        raise DatasetError(
            f"{path}: its rows are not frames {records[0].first_frame} to {last - 1} "
            "that meta/episodes speaks of"
        )


def _check_files(root: Path, records: Sequence[EpisodeRecord]) -> None:
    """Every file that an episode lies in must be there."""
    named = {record.data_file for record in records}
    named |= {span.file for record in records for span in record.videos.values()}
    for name in sorted(named):
        if not (root / name).is_file():
            raise DatasetError(f"{root / name} is missing: the dataset is incomplete")
