# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What gets into a dataset, without the processes that make demonstrations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlco_core.errors import ConfigError, DatasetError
from rlco_trainer.demonstrations import gather as gathering
from rlco_trainer.demonstrations.collect import CollectConfig, collect, main
from rlco_trainer.demonstrations.demonstrate import Demonstration
from rlco_trainer.demonstrations.gather import Collected, Gathering
from rlco_trainer.lerobot import Dataset, DatasetWriter, Features

Serve = Callable[..., list[int]]


@pytest.fixture
def serve(demonstration: Demonstration, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Makes demonstrations at once, failed ones at the given seeds; returns the seeds run."""

    def serve(failing: Callable[[int], bool] = lambda seed: False) -> list[int]:
        ran: list[int] = []

        def demonstrations(what: Gathering, first_seed: int) -> Iterator[Demonstration]:
            for seed in range(first_seed, first_seed + 10_000):
                ran.append(seed)
                yield replace(demonstration, seed=seed, success=not failing(seed))

        monkeypatch.setattr(gathering, "_demonstrations", demonstrations)
        return ran

    return serve


def seeds(root: Path) -> list[Any]:
    return [record.metadata["seed"] for record in Dataset.open(root).episodes]


def test_failed_demonstrations_are_left_out_and_counted(serve: Serve, tmp_path: Path) -> None:
    ran = serve(lambda seed: seed in (40, 42, 43))
    assert collect(CollectConfig(tmp_path / "d", episodes=3, first_seed=40)) == Collected(3, 3)
    assert seeds(tmp_path / "d") == [41, 44, 45]
    assert ran == [40, 41, 42, 43, 44, 45]


def test_episodes_say_where_they_come_from(
    serve: Serve,
    demonstration: Demonstration,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve()
    monkeypatch.setattr("sys.argv", ["rlco", "collect", "--out", "some where"])
    collect(CollectConfig(tmp_path / "d", episodes=1, human=0.25, disturbance=0.5))
    dataset = Dataset.open(tmp_path / "d")
    episode = dataset.episode(0)
    assert (dataset.robot_type, dataset.fps) == ("panda", 20)
    assert episode.task == demonstration.instruction
    assert episode.metadata == {
        "seed": 0,
        "domain": "twin",
        "task_name": "push_cube",
        "split": "train",
        "subject": demonstration.subject,
        "success": True,
    }
    assert (episode.states == demonstration.states).all()
    assert (episode.actions == demonstration.actions).all()
    assert dataset.provenance[0]["human"] == 0.25
    assert dataset.provenance[0]["disturbance"] == 0.5
    assert dataset.provenance[0]["command"] == "rlco collect --out 'some where'"


def test_resuming_goes_on_behind_the_last_seed(serve: Serve, tmp_path: Path) -> None:
    serve()
    root = tmp_path / "d"
    collect(CollectConfig(root, episodes=2, first_seed=10))
    ran = serve()
    assert collect(CollectConfig(root, episodes=4, first_seed=10, resume=True)).kept == 4
    assert seeds(root) == [10, 11, 12, 13]
    assert ran == [12, 13]


def test_resuming_a_finished_dataset_adds_nothing(serve: Serve, tmp_path: Path) -> None:
    serve()
    config = CollectConfig(tmp_path / "d", episodes=2)
    collect(config)
    ran = serve()
    for episodes in (2, 1):
        resumed = collect(replace(config, episodes=episodes, resume=True))
        assert resumed == Collected(2, 0)
    assert ran == []
    assert seeds(tmp_path / "d") == [0, 1]


def test_resuming_where_nothing_is_begins(serve: Serve, tmp_path: Path) -> None:
    serve()
    collect(CollectConfig(tmp_path / "d", episodes=1, first_seed=5, resume=True))
    assert seeds(tmp_path / "d") == [5]


def test_resuming_with_other_settings_is_refused(serve: Serve, tmp_path: Path) -> None:
    serve()
    config = CollectConfig(tmp_path / "d", episodes=1)
    collect(config)
    night = tmp_path / "night.yaml"
    night.write_text("extends: twin\nname: night\n")
    for change, named in (
        ({"disturbance": 0.0}, "disturbance is 1.0, the new episodes have 0.0"),
        ({"human": 0.5}, "human is 1.0, the new episodes have 0.5"),
        ({"split": "unseen_states"}, "split is train, the new episodes have unseen_states"),
        ({"domain": str(night)}, f"domain is twin, the new episodes have {night}"),
    ):
        with pytest.raises(DatasetError, match=named):
            collect(replace(config, episodes=2, resume=True, **change))
    assert seeds(tmp_path / "d") == [0]


def test_resuming_a_dataset_of_others_is_refused(serve: Serve, tmp_path: Path) -> None:
    features = Features({"front": (8, 8)}, ("x",), ("dx",), {"score": float})
    row = np.zeros((1, 1), np.float32)
    with DatasetWriter(tmp_path, robot_type="panda", fps=20, features=features) as writer:
        writer.add_episode(
            {"front": np.zeros((1, 8, 8, 3), np.uint8)}, row, row, "push", {"score": 1.0}
        )
    serve()
    with pytest.raises(DatasetError, match="task_name is None, the new episodes have push_cube"):
        collect(CollectConfig(tmp_path, resume=True))


def test_an_expert_that_always_fails_is_given_up(serve: Serve, tmp_path: Path) -> None:
    ran = serve(lambda seed: True)
    with pytest.raises(ConfigError, match="200 demonstrations in a row failed; 0 of "):
        collect(CollectConfig(tmp_path / "d"))
    assert len(ran) == 200


def test_an_expert_that_mostly_fails_goes_on(serve: Serve, tmp_path: Path) -> None:
    ran = serve(lambda seed: seed % 5 != 0)
    collected = collect(CollectConfig(tmp_path / "d", episodes=60))
    assert (collected.kept, collected.failed) == (60, len(ran) - 60)
    assert collected.failed > 200


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"task": "juggle"}, "unknown task 'juggle'"),
        ({"domain": "mars"}, "domain 'mars' is neither"),
        ({"robot": "r2d2"}, "robot 'r2d2' is neither"),
        ({"split": "test"}, "task 'push_cube' has no split 'test'; it has 'train'"),
        ({"episodes": 0}, "--episodes and --workers must be at least 1"),
        ({"workers": 0}, "--episodes and --workers must be at least 1"),
    ],
)
def test_foul_settings_are_refused_before_anything_is_made(
    serve: Serve, tmp_path: Path, settings: dict[str, Any], line: str
) -> None:
    ran = serve()
    with pytest.raises(ConfigError, match=re.escape(line)):
        collect(CollectConfig(tmp_path / "d", **settings))
    assert ran == []
    assert not (tmp_path / "d").exists()


def test_the_command_ends_with_its_counts(
    serve: Serve, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(lambda seed: seed == 0)
    main(["--out", str(tmp_path / "d"), "--episodes", "1"])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"1 demonstrations in {tmp_path / 'd'}; the expert failed 1"
