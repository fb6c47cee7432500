# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Names, paths and ``meta/info.json`` of the format, and what rlco puts into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, Field, ValidationError

from rlco_core.config import first_problem
from rlco_core.errors import DatasetError, choices
from rlco_trainer.files import write_text

#: A value that an episode can carry, such as its seed.
Scalar: TypeAlias = str | int | float | bool

INFO = "meta/info.json"
STATS = "meta/stats.json"
TASKS = "meta/tasks.parquet"
PROVENANCE = "meta/provenance.json"
EPISODES = "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
DATA = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"

FILES_PER_CHUNK = 1000
STATE = "observation.state"
ACTION = "action"
#: What only a simulator knows of the world.
ENVIRONMENT = "observation.environment_state"
#: 1 where a person acted who had taken over from a policy.
INTERVENTION = "intervention"
IMAGES = "observation.images."
#: Columns that the format adds to every frame.
DEFAULT_COLUMNS = {
    "timestamp": "float32",
    "frame_index": "int64",
    "episode_index": "int64",
    "index": "int64",
    "task_index": "int64",
}
#: Columns of ``meta/episodes`` without a slash that belong to the format.
EPISODE_COLUMNS = frozenset(
    {"episode_index", "tasks", "length", "dataset_from_index", "dataset_to_index"}
)
METADATA_TYPES: tuple[type[Scalar], ...] = (str, int, float, bool)


@dataclass(frozen=True)
class Features:
    """What a dataset records.

    Attributes:
        cameras: camera name -> (height, width), pixels.
        state_names: columns of ``observation.state``, which are float32.
        action_names: columns of ``action``, which are float32.
        metadata: values kept once per episode: name -> str, int, float or bool.
        environment_names: columns of ``observation.environment_state``, which are float32; there
            may be none.
        intervention: whether every frame tells if a person acted who had taken over.
    """

    cameras: Mapping[str, tuple[int, int]]
    state_names: tuple[str, ...]
    action_names: tuple[str, ...]
    metadata: Mapping[str, type[Scalar]] = field(default_factory=dict)
    environment_names: tuple[str, ...] = ()
    intervention: bool = False

    def __post_init__(self) -> None:
        for name in (*self.cameras, *self.metadata):
            if not name or "/" in name or name in EPISODE_COLUMNS:
                raise DatasetError(f"feature name '{name}' is empty, has a slash or is reserved")
        for name, kind in self.metadata.items():
            if kind not in METADATA_TYPES:
                valid = choices(known.__name__ for known in METADATA_TYPES)
                raise DatasetError(f"metadata '{name}' is {kind.__name__}: must be {valid}")
        if not self.state_names or not self.action_names:
            raise DatasetError("state_names and action_names need at least one column each")


class FeatureInfo(BaseModel):
    """One entry of ``features`` in ``meta/info.json``."""

    dtype: str
    shape: tuple[int, ...]
    names: list[str] | dict[str, Any] | None = None
    info: dict[str, Any] | None = None


class Info(BaseModel):
    """``meta/info.json``; keys that other writers add are left aside."""

    codebase_version: Literal["v3.0"] = "v3.0"
    robot_type: str | None
    total_episodes: int = Field(ge=0)
    total_frames: int = Field(ge=0)
    total_tasks: int = Field(ge=0)
    chunks_size: int = FILES_PER_CHUNK
    data_files_size_in_mb: int = 100
    video_files_size_in_mb: int = 200
    fps: int = Field(gt=0)
    splits: dict[str, str]
    data_path: str = DATA
    video_path: str | None = VIDEO
    features: dict[str, FeatureInfo]


def image_key(camera: str) -> str:
    """The feature of ``camera``: ``observation.images.<camera>``."""
    return IMAGES + camera


def shard_file(template: str, shard: int, video_key: str = "") -> str:
    """The path, relative to the dataset, of one file of shard number ``shard``."""
    chunk, file = divmod(shard, FILES_PER_CHUNK)
    return template.format(video_key=video_key, chunk_index=chunk, file_index=file)


def shard_columns(prefix: str, shard: int) -> dict[str, int]:
    """The two columns by which an episode names a file of shard number ``shard``."""
    chunk, file = divmod(shard, FILES_PER_CHUNK)
    return {f"{prefix}/chunk_index": chunk, f"{prefix}/file_index": file}


def describe(features: Features, video_info: Mapping[str, Any]) -> dict[str, FeatureInfo]:
    """The ``features`` section of ``meta/info.json``; ``video_info`` goes to every camera."""
    described = {
        image_key(camera): FeatureInfo(
            dtype="video",
            shape=(height, width, 3),
            names=["height", "width", "channels"],
            info={"video.height": height, "video.width": width, **video_info},
        )
        for camera, (height, width) in features.cameras.items()
    }
    described[STATE] = _vector(features.state_names)
    described[ACTION] = _vector(features.action_names)
    if features.environment_names:
        described[ENVIRONMENT] = _vector(features.environment_names)
    own = {INTERVENTION: "int64"} if features.intervention else {}
    for name, dtype in {**own, **DEFAULT_COLUMNS}.items():
        described[name] = FeatureInfo(dtype=dtype, shape=(1,), names=None)
    return described


def write_info(root: Path, info: Info) -> None:
    """Replaces ``meta/info.json`` in one piece."""
    # Lists every default; a feature's `names` stays although it is null: lerobot asks for it.
    features = {key: entry.model_dump(exclude_unset=True) for key, entry in info.features.items()}
    text = info.model_copy(update={"features": features}).model_dump_json(indent=4, warnings=False)
    write_text(root / INFO, text + "\n")


def read_info(root: Path) -> Info:
    """Reads and validates ``meta/info.json`` under ``root``.

    Raises:
        DatasetError: missing, not JSON, another version, or a key that does not fit.
    """
    path = root / INFO
    if not path.is_file():
        raise DatasetError(f"{path} is missing: not a LeRobot v3.0 dataset")
    try:
        return Info.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise DatasetError(f"{path}: {first_problem(error)}") from error


def read_features(root: Path, info: Info, metadata: Mapping[str, type[Scalar]]) -> Features:
    """What rlco can use of the features in ``info``; others are left aside.

    Raises:
        DatasetError: no named state or action columns, or an image that is not a video.
    """
    return Features(
        cameras=dict(
            _camera(root, key, entry)
            for key, entry in info.features.items()
            if key.startswith(IMAGES)
        ),
        state_names=_names(root, info, STATE),
        action_names=_names(root, info, ACTION),
        metadata=metadata,
        environment_names=_names(root, info, ENVIRONMENT) if ENVIRONMENT in info.features else (),
        intervention=INTERVENTION in info.features,
    )


def _vector(names: tuple[str, ...]) -> FeatureInfo:
    return FeatureInfo(dtype="float32", shape=(len(names),), names=list(names))


def _camera(root: Path, key: str, entry: FeatureInfo) -> tuple[str, tuple[int, int]]:
    if entry.dtype != "video" or len(entry.shape) != 3 or entry.shape[2] != 3:
        raise DatasetError(
            f"{root / INFO}: {key} is {entry.dtype} {entry.shape}: must be video (H, W, 3)"
        )
    return key.removeprefix(IMAGES), (entry.shape[0], entry.shape[1])


def _names(root: Path, info: Info, key: str) -> tuple[str, ...]:
    entry = info.features.get(key)
    if entry is None or not isinstance(entry.names, list) or entry.shape != (len(entry.names),):
        raise DatasetError(f"{root / INFO}: features has no '{key}' with one name per column")
    return tuple(entry.names)
