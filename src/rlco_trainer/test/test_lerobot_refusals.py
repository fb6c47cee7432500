# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""LeRobot v3.0 datasets: what is missing, broken or unfit is refused in one line that says so."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow.parquet as pq
import pytest

from rlco_core.errors import DatasetError
from rlco_trainer.lerobot import Dataset, DatasetWriter, Features

FEATURES = Features(
    cameras={"front": (32, 32)},
    state_names=("x",),
    action_names=("dx", "dy"),
    metadata={"seed": int},
)
INFO = "meta/info.json"
STATS = "meta/stats.json"
TASKS = "meta/tasks.parquet"
DATA = "data/chunk-000/file-000.parquet"
EPISODES = "meta/episodes/chunk-000/file-000.parquet"
VIDEO = "videos/observation.images.front/chunk-000/file-000.mp4"


def episode(**changes: Any) -> dict[str, Any]:
    sound: dict[str, Any] = {
        "images": {"front": np.full((4, 32, 32, 3), (200, 30, 40), np.uint8)},
        "states": np.zeros((4, 1), np.float32),
        "actions": np.zeros((4, 2), np.float32),
        "task": "push the red cube",
        "metadata": {"seed": 1},
    }
    return {**sound, **changes}


def writer(root: Path, **options: Any) -> DatasetWriter:
    return DatasetWriter(
        root, **{"robot_type": "panda", "fps": 20, "features": FEATURES, **options}
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two episodes of four frames."""
    with writer(tmp_path / "dataset") as dataset:
        dataset.add_episode(**episode())
        dataset.add_episode(**episode())
    return tmp_path / "dataset"


def refused(message: str) -> Any:
    return pytest.raises(DatasetError, match=re.escape(message))


def edit_info(root: Path, **changes: Any) -> None:
    info = json.loads((root / INFO).read_text())
    (root / INFO).write_text(json.dumps(info | changes))


@pytest.mark.parametrize("name", [INFO, STATS, TASKS, DATA, VIDEO])
def test_a_missing_file_is_named(root: Path, name: str) -> None:
    (root / name).unlink()
    with refused(f"{root / name} is missing"):
        Dataset.open(root)


@pytest.mark.parametrize("name", [INFO, STATS, TASKS, EPISODES])
def test_a_malformed_file_is_named_on_open(root: Path, name: str) -> None:
    (root / name).write_bytes(b"{]")
    with refused(f"{root / name}: "):
        Dataset.open(root)


@pytest.mark.parametrize("name", [DATA, VIDEO])
def test_a_malformed_file_of_frames_is_named_on_reading(root: Path, name: str) -> None:
    (root / name).write_bytes(b"PAR1")
    with refused(f"{root / name}: not a readable"):
        Dataset.open(root).load()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"codebase_version": "v2.1"}, "codebase_version: Input should be 'v3.0'"),
        ({"fps": 0}, "fps: Input should be greater than 0"),
        ({"features": {}}, "features has no 'observation.state'"),
        (
            {"features": {"observation.images.front": {"dtype": "image", "shape": [32, 32, 3]}}},
            "observation.images.front is image (32, 32, 3): must be video",
        ),
    ],
)
def test_an_unfit_info_is_refused(root: Path, changes: dict[str, Any], message: str) -> None:
    edit_info(root, **changes)
    with refused(message):
        Dataset.open(root)


def test_totals_that_episodes_do_not_reach_are_refused(root: Path) -> None:
    edit_info(root, total_episodes=3, total_frames=12)
    with refused("has 2 episodes with 8 frames; info.json says 3 with 12"):
        Dataset.open(root)


def test_a_missing_episodes_file_is_noticed(root: Path) -> None:
    (root / EPISODES).unlink()
    with refused("meta/episodes: has 0 episodes"):
        Dataset.open(root)


def test_a_missing_column_is_named(root: Path) -> None:
    for name, column in ((DATA, "action"), (EPISODES, "length")):
        table = pq.read_table(root / name)
        pq.write_table(table.drop_columns([column]), root / name)
    with refused("a row lacks 'length'"):
        Dataset.open(root)
    pq.write_table(table, root / EPISODES)
    dataset = Dataset.open(root)
    with refused(f"{root / DATA}: has no column 'action'"):
        dataset.episode(0)


def test_lost_rows_and_lost_images_are_noticed(root: Path) -> None:
    dataset, table = Dataset.open(root), pq.read_table(root / DATA)
    with av.open(str(root / VIDEO), "w") as film:
        film.mux(_three_frames(film))
    with refused(f"{root / VIDEO}: frame 3 is missing"):
        dataset.episode(0)
    pq.write_table(table.slice(0, 7), root / DATA)
    with refused("its rows are not frames 4 to 7"):
        dataset.episode(1)


def test_videos_of_other_codecs_are_read(root: Path) -> None:
    with av.open(str(root / VIDEO), "w") as film:
        stream = film.add_stream("libx264", 20, {"crf": "1"})
        stream.width = stream.height = 32
        for _ in range(8):
            frame = av.VideoFrame.from_ndarray(episode()["images"]["front"][0], format="rgb24")
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    read = Dataset.open(root).episode(1).images["front"]
    np.testing.assert_allclose(read, episode()["images"]["front"], atol=3)


@pytest.mark.parametrize("index", [-1, 2])
def test_an_episode_that_does_not_exist_is_refused(root: Path, index: int) -> None:
    with refused(f"no episode {index}: it has 2"):
        Dataset.open(root).episode(index)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": ""}, "needs its instruction"),
        ({"states": np.zeros((0, 1), np.float32)}, "at least one frame"),
        ({"images": {}}, "cameras are []: must be ['front']"),
        ({"images": {"front": np.zeros((3, 32, 32, 3), np.uint8)}}, "must be uint8 (4, 32, 32, 3)"),
        ({"states": np.zeros((4, 1))}, "observation.state is float64 (4, 1): must be float32"),
        ({"actions": np.full((4, 2), np.nan, np.float32)}, "action has NaN or infinity"),
        ({"intervention": np.zeros(4, np.bool_)}, "of this dataset takes no intervention"),
        ({"metadata": {"sede": 1}}, "metadata are ['sede']: must be ['seed']"),
        ({"metadata": {"seed": True}}, "metadata 'seed' is bool True: must be int"),
    ],
)
def test_an_unfit_episode_is_refused_and_leaves_no_trace(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with writer(tmp_path) as dataset:
        dataset.add_episode(**episode())
        with refused(message):
            dataset.add_episode(**episode(**changes))
        assert dataset.num_episodes == 1
    assert Dataset.open(tmp_path).load().images["front"].shape == (4, 32, 32, 3)


def test_a_directory_in_use_is_refused(root: Path) -> None:
    with refused(f"{root} is not empty: resume it, or choose a new directory"):
        writer(root)
    (root / INFO).unlink()
    with refused("not a LeRobot v3.0 dataset"):
        writer(root, resume=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fps": 10}, "fps is 20, the new episodes have 10"),
        ({"robot_type": "ur10"}, "robot_type is panda, the new episodes have ur10"),
        (
            {"features": Features({"front": (32, 32)}, ("y",), ("dx", "dy"), {"seed": int})},
            "state_names is ('x',), the new episodes have ('y',)",
        ),
        ({"features": Features({"front": (32, 32)}, ("x",), ("dx", "dy"))}, "metadata is"),
    ],
)
def test_resume_with_other_features_is_refused(
    root: Path, changes: dict[str, Any], message: str
) -> None:
    with refused(message):
        writer(root, resume=True, **changes)


def test_a_closed_writer_and_an_empty_dataset_are_refused(tmp_path: Path) -> None:
    dataset = writer(tmp_path)
    dataset.close()
    with refused("the writer is closed"):
        dataset.add_episode(**episode())
    with refused("has no episodes: nothing to read"):
        Dataset.open(tmp_path).load()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({"a/b": (1, 1)}, ("x",), ("y",)), "feature name 'a/b' is empty, has a slash"),
        (({}, ("x",), ("y",), {"length": int}), "feature name 'length'"),
        (({}, ("x",), ("y",), {"seeds": list}), "metadata 'seeds' is list: must be 'bool'"),
        (({}, (), ("y",)), "at least one column each"),
    ],
)
def test_unfit_features_are_refused(arguments: tuple[Any, ...], message: str) -> None:
    with refused(message):
        Features(*arguments)


def _three_frames(film: av.container.OutputContainer) -> list[av.Packet]:
    stream = film.add_stream("libx264rgb", 20, {"qp": "0"})
    stream.width, stream.height, stream.pix_fmt = 32, 32, "rgb24"
    frame = np.zeros((32, 32, 3), np.uint8)
    frames = [av.VideoFrame.from_ndarray(frame, format="rgb24") for _ in range(3)]
    return [packet for shown in [*frames, None] for packet in stream.encode(shown)]
