# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Episodes as ``meta/episodes`` tells of them: length, task, metadata, and where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlco_core.errors import DatasetError
from rlco_trainer.lerobot.schema import EPISODE_COLUMNS, Info, Scalar, image_key
from rlco_trainer.lerobot.tables import metadata_types, read_schema, read_table

FOLDER = "meta/episodes"


@dataclass(frozen=True)
class VideoSpan:
    """Where the images of an episode lie.

    Attributes:
        file: path of the mp4 file, relative to the dataset.
        first_frame: number, in that file, of the episode's first image.
    """

    file: str
    first_frame: int


@dataclass(frozen=True)
class EpisodeRecord:
    """One episode without its frames.

    Attributes:
        index: number of the episode, from 0.
        length: number of frames.
        task: the instruction.
        metadata: what the writer kept of it, such as the seed.
        first_frame: number, in the dataset, of its first frame.
        data_file: path of the parquet file with its frames, relative to the dataset.
        videos: camera name -> where its images lie.
    """

    index: int
    length: int
    task: str
    metadata: Mapping[str, Scalar]
    first_frame: int
    data_file: str
    videos: Mapping[str, VideoSpan]

    @property
    def frames(self) -> slice:
        """The episode's frames among those of the dataset."""
        return slice(self.first_frame, self.first_frame + self.length)


def read_records(
    root: Path, info: Info, cameras: tuple[str, ...]
) -> tuple[tuple[EpisodeRecord, ...], dict[str, type[Scalar]]]:
    """The episodes that ``info`` counts, in order, and the types of their metadata.

    Rows beyond that count belong to a shard whose writer was killed; they are left aside.

    Raises:
        DatasetError: files or columns are missing, or do not add up to the totals of ``info``.
    """
    files = sorted((root / FOLDER).glob("*/*.parquet")) if info.total_episodes else []
    types = _metadata(files[0]) if files else {}
    rows = [row for path in files for row in _rows(path)]
    try:
        records = tuple(
            _record(row, info, cameras, types)
            for row in rows
            if row["episode_index"] < info.total_episodes
        )
    except (KeyError, IndexError, TypeError) as error:
        raise DatasetError(f"{root / FOLDER}: a row lacks {error}") from error
    _check_order(root, records, info)
    return records, types


def _metadata(path: Path) -> dict[str, type[Scalar]]:
    schema = read_schema(path)
    own = [name for name in schema.names if "/" not in name and name not in EPISODE_COLUMNS]
    return metadata_types(schema, own)


def _rows(path: Path) -> list[dict[str, Any]]:
    """Rows of one file without their statistics."""
    names = [name for name in read_schema(path).names if not name.startswith("stats/")]
    rows: list[dict[str, Any]] = read_table(path, names).to_pylist()
    return rows


def _record(
    row: Mapping[str, Any],
    info: Info,
    cameras: tuple[str, ...],
    types: Mapping[str, type[Scalar]],
) -> EpisodeRecord:
    return EpisodeRecord(
        index=row["episode_index"],
        length=row["length"],
        task=row["tasks"][0],
        metadata={name: row[name] for name in types},
        first_frame=row["dataset_from_index"],
        data_file=_file(info.data_path, row, "data"),
        videos={camera: _span(row, info, image_key(camera)) for camera in cameras},
    )


def _span(row: Mapping[str, Any], info: Info, key: str) -> VideoSpan:
    start = round(row[f"videos/{key}/from_timestamp"] * info.fps)
    return VideoSpan(_file(info.video_path or "", row, f"videos/{key}", key), start)


def _file(template: str, row: Mapping[str, Any], prefix: str, key: str = "") -> str:
    chunk, file = row[f"{prefix}/chunk_index"], row[f"{prefix}/file_index"]
    return template.format(video_key=key, chunk_index=chunk, file_index=file)


def _check_order(root: Path, records: tuple[EpisodeRecord, ...], info: Info) -> None:
    """Episodes must be numbered from 0 to n - 1 and cover all frames without a gap."""
    frames = 0
    for expected, record in enumerate(records):
        if record.index != expected or record.first_frame != frames or record.length < 1:
            raise DatasetError(f"{root / FOLDER}: no row, or a second one, for episode {expected}")
        frames += record.length
    if (len(records), frames) != (info.total_episodes, info.total_frames):
        raise DatasetError(
            f"{root / FOLDER}: has {len(records)} episodes with {frames} frames; "
            f"info.json says {info.total_episodes} with {info.total_frames}"
        )
