# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A recorded episode is for good as soon as it is over, whatever the disk does."""

from __future__ import annotations

import errno
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from machine import files_at_most

from rlco_core.errors import ConfigError, DatasetError, RlcoError
from rlco_trainer.learning.datasets import load
from rlco_trainer.lerobot import Dataset, writer
from rlco_trainer.recording.store import Place, Store
from rlco_trainer.recording.take import Take

PLACE = Place("panda", "open_drawer", "my_cell", "train")
SENTENCE = "open the drawer"


def take(seed: int, length: int = 30) -> Take:
    """Noise, which does not compress."""
    draw = np.random.default_rng(seed)
    return Take(
        images=draw.integers(0, 256, (length, 64, 64, 3), np.uint8),
        states=draw.random((length, 17), np.float32),
        actions=draw.random((length, 7), np.float32),
        by_person=np.arange(length) >= length // 2,
    )


def store(out: Path, place: Place = PLACE, **more: Any) -> Store:
    return Store(out, place, ("front", (64, 64)), {"command": "test"}, **more)


def test_every_episode_is_there_before_the_next_and_without_a_close(tmp_path: Path) -> None:
    writing = store(tmp_path / "d")
    for seed in range(3):
        writing.add(take(seed), SENTENCE, seed, seed != 1, took_over=True)
        dataset = Dataset.open(tmp_path / "d")
        assert len(dataset.episodes) == writing.episodes == seed + 1
    episode = dataset.episode(1)
    np.testing.assert_array_equal(episode.images["front"], take(1).images)
    np.testing.assert_array_equal(episode.actions, take(1).actions)
    assert episode.intervention.tolist() == take(1).by_person.tolist()
    assert episode.metadata == {
        "seed": 1,
        "domain": "my_cell",
        "task_name": "open_drawer",
        "split": "train",
        "subject": "drawer",
        "success": False,
    }


def test_without_a_policy_nothing_is_an_intervention(tmp_path: Path) -> None:
    with store(tmp_path / "d") as writing:
        writing.add(take(0), SENTENCE, 0, True, took_over=False)
    assert not Dataset.open(tmp_path / "d").episode(0).intervention.any()


def test_training_takes_what_was_recorded(tmp_path: Path) -> None:
    with store(tmp_path / "d") as writing:
        writing.add(take(0), SENTENCE, 0, True, took_over=True)
    loaded = load(tmp_path / "d")
    assert (loaded.robot, loaded.task, loaded.domain) == ("panda", "open_drawer", "my_cell")
    assert loaded.episodes == 1


@pytest.mark.parametrize("size", [1_000, 20_000, 100_000])
def test_an_episode_waits_for_room_on_a_full_disk(tmp_path: Path, size: int) -> None:
    """Those before it stay, and it is written when there is room."""
    said: list[str] = []
    with ExitStack() as full:

        def make_room(seconds: float) -> None:
            assert len(Dataset.open(tmp_path / "d").episodes) == 1
            if len(said) == 2:
                full.close()

        writing = store(tmp_path / "d", say=said.append, wait=make_room)
        writing.add(take(0), SENTENCE, 0, True, took_over=True)
        full.enter_context(files_at_most(size))
        writing.add(take(1), SENTENCE, 1, True, took_over=True)
    assert len(said) == 2
    assert "the episode waits in memory and is written once there is room" in said[0]
    dataset = Dataset.open(tmp_path / "d")
    for number in range(2):
        np.testing.assert_array_equal(dataset.episode(number).images["front"], take(number).images)
        np.testing.assert_array_equal(dataset.episode(number).states, take(number).states)


def test_a_take_that_does_not_fit_is_refused_at_once(tmp_path: Path) -> None:
    writing = store(tmp_path / "d")
    foul = replace(take(0), actions=np.zeros((30, 6), np.float32))
    with pytest.raises(DatasetError, match="action is float32"):
        writing.add(foul, SENTENCE, 0, True, took_over=True)
    with pytest.raises(ConfigError, match="does not speak of a drawer"):
        writing.add(take(0), "push the cube", 0, True, took_over=True)


def test_resuming_goes_on_with_the_next_seed(tmp_path: Path) -> None:
    with store(tmp_path / "d", resume=True) as writing:
        assert writing.next_seed is None
        writing.add(take(0), SENTENCE, 7, True, took_over=True)
    with store(tmp_path / "d", resume=True) as again:
        assert (again.next_seed, again.episodes) == (8, 1)
    with pytest.raises(DatasetError, match="is not empty: resume it"):
        store(tmp_path / "d")
    with pytest.raises(DatasetError, match="domain is my_cell, the new episodes have twin"):
        store(tmp_path / "d", replace(PLACE, domain="twin"), resume=True)
    with pytest.raises(DatasetError, match="split is train, the new episodes have unseen_states"):
        store(tmp_path / "d", replace(PLACE, split="unseen_states"), resume=True)


def test_an_episode_whose_count_finds_no_room_is_there_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last file of a commit is the one that counts episodes."""
    waited: list[float] = []
    with store(tmp_path / "d", say=lambda line: None, wait=waited.append) as writing:
        writing.add(take(0), SENTENCE, 0, True, took_over=True)
        write, tries = writer.write_info, iter([OSError(errno.ENOSPC, "No space left on device")])

        def full_once(*about: Any) -> None:
            for error in tries:
                raise error
            write(*about)

        monkeypatch.setattr(writer, "write_info", full_once)
        writing.add(take(1), SENTENCE, 1, True, took_over=True)
        assert (len(waited), writing.episodes) == (1, 2)
    dataset = Dataset.open(tmp_path / "d")
    assert [episode.metadata["seed"] for episode in dataset.episodes] == [0, 1]
    np.testing.assert_array_equal(dataset.episode(1).actions, take(1).actions)


def test_two_do_not_write_at_once(tmp_path: Path) -> None:
    with store(tmp_path / "d") as first:
        first.add(take(0), SENTENCE, 0, True, took_over=True)
        with pytest.raises(RlcoError, match="is in use by another rlco"):
            store(tmp_path / "d", resume=True)
        first.add(take(1), SENTENCE, 1, True, took_over=True)
    with store(tmp_path / "d", resume=True) as second:
        assert second.episodes == 2


def test_what_was_begun_and_holds_nothing_is_begun_again(tmp_path: Path) -> None:
    with store(tmp_path / "d"):
        pass
    with store(tmp_path / "d") as again:
        again.add(take(0), SENTENCE, 0, True, took_over=True)
    with pytest.raises(DatasetError, match="is not empty: resume it"):
        store(tmp_path / "d")
