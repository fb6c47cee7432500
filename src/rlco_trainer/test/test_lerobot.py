# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""LeRobot v3.0 datasets: the files as the format wants them, and what goes in comes out."""

from __future__ import annotations

import json
import os
import signal
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlco_trainer.lerobot import Dataset, DatasetWriter, Features
from rlco_trainer.lerobot.video import VideoWriter

FPS = 20
FEATURES = Features(
    cameras={"front": (64, 64), "side": (24, 40)},
    state_names=("x", "y", "z"),
    action_names=("dx", "dy"),
    metadata={"seed": int, "domain": str, "success": bool, "score": float},
)
FRONT = "observation.images.front"
LENGTHS = (7, 12, 1, 9, 4)
TASKS = ("push the red cube", "push the blue cube")


def episode(index: int) -> dict[str, Any]:
    """Arguments of ``add_episode``: noise, so that a frame out of place cannot go unseen."""
    rng, length = np.random.default_rng(index), LENGTHS[index]
    return {
        "images": {
            name: rng.integers(0, 256, (length, *size, 3), dtype=np.uint8)
            for name, size in FEATURES.cameras.items()
        },
        "states": rng.normal(size=(length, 3)).astype(np.float32),
        "actions": rng.normal(size=(length, 2)).astype(np.float32),
        "task": TASKS[index % 2],
        "metadata": {"seed": 100 + index, "domain": "twin", "success": index > 1, "score": 0.5},
    }


def writer(root: Path, **options: Any) -> DatasetWriter:
    defaults: dict[str, Any] = {"robot_type": "panda", "fps": FPS, "features": FEATURES}
    return DatasetWriter(root, **{**defaults, "episodes_per_file": 2, **options})


def write(root: Path, episodes: range = range(5), **options: Any) -> Path:
    with writer(root, **options) as dataset:
        for index in episodes:
            dataset.add_episode(**episode(index))
    return root


def write_and_die(root: Path) -> None:
    dataset = writer(root, provenance={"run": "killed"})
    for index in range(5):
        dataset.add_episode(**episode(index))
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five episodes in three shards; tests only read it."""
    return write(tmp_path_factory.mktemp("dataset") / "five", provenance={"command": "collect"})


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The same dataset for a test that breaks it."""
    return write(tmp_path / "own")


def stacked(name: str) -> np.ndarray[Any, Any]:
    return np.concatenate([episode(index)[name] for index in range(5)])


def assert_equal(dataset: Dataset, indices: range) -> None:
    assert [record.metadata["seed"] for record in dataset.episodes] == [100 + i for i in indices]
    for place, index in enumerate(indices):
        read, given = dataset.episode(place), episode(index)
        for camera, images in given["images"].items():
            np.testing.assert_array_equal(read.images[camera], images)
        np.testing.assert_array_equal(read.states, given["states"])
        np.testing.assert_array_equal(read.actions, given["actions"])
        assert (read.task, read.metadata) == (given["task"], given["metadata"])


def test_files_and_info_are_those_of_v3(root: Path) -> None:
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    shards = [f"chunk-000/file-00{number}" for number in range(3)]
    assert files == {
        *("meta/info.json", "meta/stats.json", "meta/tasks.parquet", "meta/provenance.json"),
        *(f"{kind}/{shard}.parquet" for kind in ("data", "meta/episodes") for shard in shards),
        *(f"videos/observation.images.{c}/{s}.mp4" for c in FEATURES.cameras for s in shards),
    }
    info = json.loads((root / "meta/info.json").read_text())
    features = info.pop("features")
    assert info == {
        "codebase_version": "v3.0",
        "robot_type": "panda",
        "total_episodes": 5,
        "total_frames": sum(LENGTHS),
        "total_tasks": 2,
        "chunks_size": 1000,
        "data_files_size_in_mb": 100,
        "video_files_size_in_mb": 200,
        "fps": FPS,
        "splits": {"train": "0:5"},
        "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
        "video_path": "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
    }
    image = features[FRONT]
    assert (image["dtype"], image["shape"]) == ("video", [64, 64, 3])
    assert image["names"] == ["height", "width", "channels"]
    assert image["info"]["video.fps"] == FPS
    assert features["action"] == {"dtype": "float32", "shape": [2], "names": ["dx", "dy"]}
    assert features["timestamp"] == {"dtype": "float32", "shape": [1], "names": None}


def test_frames_and_tasks_have_the_columns_that_lerobot_reads(root: Path) -> None:
    table = pq.read_table(root / "data/chunk-000/file-001.parquet")
    types = {field.name: field.type for field in table.schema}
    integers = dict.fromkeys(("frame_index", "episode_index", "index", "task_index"), pa.int64())
    assert types == {
        "observation.state": pa.list_(pa.float32(), 3),
        "action": pa.list_(pa.float32(), 2),
        "timestamp": pa.float32(),
        **integers,
    }
    assert table["episode_index"].to_pylist() == [2] + [3] * 9
    assert table["index"].to_pylist() == list(range(19, 29))
    assert table["task_index"].to_pylist() == [0] + [1] * 9
    steps = np.array([0, *range(9)], dtype=np.float32)
    np.testing.assert_array_equal(table["timestamp"].to_numpy(), steps / np.float32(FPS))
    tasks = pq.read_table(root / "meta/tasks.parquet")
    assert tasks.to_pydict() == {"task_index": [0, 1], "task": list(TASKS)}
    assert json.loads(tasks.schema.metadata[b"pandas"])["index_columns"] == ["task"]


def test_episode_rows_point_into_the_files(root: Path) -> None:
    paths = sorted((root / "meta/episodes").rglob("*.parquet"))
    rows = pa.concat_tables([pq.read_table(path) for path in paths]).to_pylist()
    assert [row["length"] for row in rows] == list(LENGTHS)
    assert [row["tasks"] for row in rows] == [[TASKS[index % 2]] for index in range(5)]
    assert [row["dataset_to_index"] for row in rows] == np.cumsum(LENGTHS).tolist()
    for kind in ("data", "meta/episodes", f"videos/{FRONT}"):
        assert [row[f"{kind}/file_index"] for row in rows] == [0, 0, 1, 1, 2]
    starts = [row[f"videos/{FRONT}/from_timestamp"] for row in rows]
    assert starts == [0.0, 7 / FPS, 0.0, 1 / FPS, 0.0]
    assert rows[1][f"videos/{FRONT}/to_timestamp"] == 19 / FPS
    assert rows[4]["domain"] == "twin"
    assert rows[4]["success"] is True
    largest = episode(3)["states"].max(axis=0)
    np.testing.assert_array_equal(rows[3]["stats/observation.state/max"], largest)


def test_videos_show_frame_k_at_k_over_fps(root: Path) -> None:
    with av.open(str(root / f"videos/{FRONT}/chunk-000/file-000.mp4")) as container:
        frames = list(container.decode(video=0))
        assert container.streams.video[0].average_rate == FPS
    assert [frame.pts * frame.time_base * FPS for frame in frames] == list(range(19))


def test_an_episode_starts_with_a_key_frame_even_if_nothing_moves(tmp_path: Path) -> None:
    video = VideoWriter(tmp_path / "still.mp4", 32, 32, FPS)
    for length in (7, 4):
        video.append(np.zeros((length, 32, 32, 3), dtype=np.uint8))
    video.close()
    with av.open(str(tmp_path / "still.mp4")) as container:
        keys = [number for number, frame in enumerate(container.decode(video=0)) if frame.key_frame]
    assert keys == [0, 7]


def test_statistics_are_those_of_all_frames(root: Path) -> None:
    stats = Dataset.open(root).stats
    assert set(stats) >= {FRONT, "observation.images.side", "observation.state", "action"}
    pixels = np.concatenate([episode(i)["images"]["front"] for i in range(5)]).reshape(-1, 3) / 255
    for key, values, shape in (
        ("action", stacked("actions"), (2,)),
        (FRONT, pixels, (3, 1, 1)),
    ):
        assert set(stats[key]) == {
            *("min", "max", "mean", "std", "count", "q01", "q10", "q50", "q90", "q99")
        }
        assert stats[key]["count"] == [sum(LENGTHS)]
        exact = {"mean": values.mean(axis=0), "std": values.std(axis=0)}
        exact |= {"min": values.min(axis=0), "max": values.max(axis=0)}
        exact |= {"q01": np.quantile(values, 0.01, axis=0)}
        for name, value in exact.items():
            tolerance = 1 / 255 if name == "q01" and key == FRONT else 1e-6
            assert stats[key][name].shape == shape
            np.testing.assert_allclose(stats[key][name].ravel(), value, atol=tolerance)


def test_what_goes_in_comes_out_to_the_bit(root: Path) -> None:
    dataset = Dataset.open(root)
    assert_equal(dataset, range(5))
    assert dataset.features == FEATURES
    assert (dataset.fps, dataset.robot_type) == (FPS, "panda")
    assert dataset.num_frames == sum(LENGTHS)
    assert dataset.tasks == {TASKS[0]: 0, TASKS[1]: 1}
    assert dataset.provenance == ({"command": "collect", "first_episode": 0},)
    frames = dataset.load()
    for camera in FEATURES.cameras:
        given = np.concatenate([episode(index)["images"][camera] for index in range(5)])
        np.testing.assert_array_equal(frames.images[camera], given)
    np.testing.assert_array_equal(frames.states, stacked("states"))
    np.testing.assert_array_equal(frames.actions, stacked("actions"))
    np.testing.assert_array_equal(frames.episode_index, np.repeat(range(5), LENGTHS))
    np.testing.assert_array_equal(frames.frame_index[7:19], range(12))


def test_same_episodes_give_the_same_bytes(root: Path, tmp_path: Path) -> None:
    again = write(tmp_path / "again", provenance={"command": "collect"})
    for path in (path for path in root.rglob("*") if path.is_file()):
        assert (again / path.relative_to(root)).read_bytes() == path.read_bytes(), path


def test_single_column_vectors_are_scalars_in_parquet(tmp_path: Path) -> None:
    features = Features(cameras={}, state_names=("x",), action_names=("dx",))
    column = np.arange(3, dtype=np.float32)[:, None]
    with writer(tmp_path, features=features) as dataset:
        dataset.add_episode({}, column, -column, "go", {})
    schema = pq.read_schema(tmp_path / "data/chunk-000/file-000.parquet")
    assert schema.field("action").type == pa.float32()
    np.testing.assert_array_equal(Dataset.open(tmp_path).episode(0).actions, -column)


def test_a_killed_writer_loses_only_its_open_shard_and_can_resume(tmp_path: Path) -> None:
    process = get_context("spawn").Process(target=write_and_die, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert_equal(Dataset.open(tmp_path), range(4))
    with writer(tmp_path, resume=True, provenance={"run": "second"}) as dataset:
        assert (dataset.num_episodes, dataset.num_frames) == (4, sum(LENGTHS[:4]))
        assert not list(tmp_path.rglob(".*"))
        dataset.add_episode(**episode(4))
    resumed = Dataset.open(tmp_path)
    assert_equal(resumed, range(5))
    assert [entry["first_episode"] for entry in resumed.provenance] == [0, 4]
    whole = Dataset.open(write(tmp_path / "whole")).stats
    for key, values in resumed.stats.items():
        np.testing.assert_allclose(values["q99"], whole[key]["q99"])


def test_resume_removes_a_shard_that_info_does_not_count(own: Path) -> None:
    info = json.loads((own / "meta/info.json").read_text())
    info |= {"total_episodes": 4, "total_frames": sum(LENGTHS[:4])}
    (own / "meta/info.json").write_text(json.dumps(info))
    assert_equal(Dataset.open(own), range(4))
    writer(own, resume=True).close()
    assert not list(own.rglob("file-002.*"))
    assert len(list(own.rglob("file-001.*"))) == 4


def test_resume_starts_where_there_is_nothing_or_nothing_committed(tmp_path: Path) -> None:
    writer(tmp_path).add_episode(**episode(0))
    assert Dataset.open(tmp_path).episodes == ()
    assert_equal(Dataset.open(write(tmp_path, resume=True)), range(5))
    assert_equal(Dataset.open(write(tmp_path / "new", resume=True)), range(5))


def test_an_error_while_encoding_gives_up_the_open_shard_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with writer(tmp_path) as dataset:
        for index in (0, 1, 3):
            dataset.add_episode(**episode(index))
        assert list(tmp_path.rglob(".*"))
        with monkeypatch.context() as patch:
            patch.setattr(VideoWriter, "append", interrupted)
            with pytest.raises(KeyboardInterrupt):
                dataset.add_episode(**episode(2))
        assert dataset.num_episodes == 2
        assert not list(tmp_path.rglob(".*"))
        dataset.add_episode(**episode(4))
    seeds = [record.metadata["seed"] for record in Dataset.open(tmp_path).episodes]
    assert seeds == [100, 101, 104]


def test_videos_end_before_float32_times_get_too_coarse(tmp_path: Path) -> None:
    features = Features(cameras={"tiny": (16, 16)}, state_names=("x",), action_names=("dx",))
    images, column = np.zeros((600, 16, 16, 3), np.uint8), np.zeros((600, 1), np.float32)
    with writer(tmp_path, features=features, fps=1, episodes_per_file=9) as dataset:
        for _ in range(3):
            dataset.add_episode({"tiny": images}, column, column, "wait", {})
    files = [record.videos["tiny"].file[-12:] for record in Dataset.open(tmp_path).episodes]
    assert files == ["file-000.mp4", "file-000.mp4", "file-001.mp4"]
