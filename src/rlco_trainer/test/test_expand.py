# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco expand: three demonstrations become more, in scenes of other seeds and another domain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlco_core.errors import DatasetError, RlcoError
from rlco_core.motion import ActionPath
from rlco_sim.session import DT
from rlco_trainer import cli
from rlco_trainer.demonstrations import gather as gathering
from rlco_trainer.demonstrations.collect import CollectConfig, collect
from rlco_trainer.demonstrations.demonstrate import Demonstration, World
from rlco_trainer.demonstrations.expand import ExpandConfig, expand
from rlco_trainer.demonstrations.gather import Collected, Gathering
from rlco_trainer.lerobot import Dataset, DatasetWriter, Features

# One source in every lane.
SOURCES = 3


@pytest.fixture(scope="module")
def made() -> list[Demonstration]:
    """All that is made, failures included."""
    return []


@pytest.fixture(scope="module", autouse=True)
def in_this_process(made: list[Demonstration]) -> Iterator[None]:
    """Real demonstrations, without the processes."""

    def demonstrations(what: Gathering, first_seed: int) -> Iterator[Demonstration]:
        maker = what.open_maker()
        for seed in range(first_seed, first_seed + 100):
            made.append(maker(seed))
            yield made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gathering, "_demonstrations", demonstrations)
        yield


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory, in_this_process: None) -> Path:
    root = tmp_path_factory.mktemp("sources") / "three"
    collect(CollectConfig(root, episodes=SOURCES, human=0.0, disturbance=0.0))
    return root


@pytest.fixture(scope="module")
def expanded(
    tmp_path_factory: pytest.TempPathFactory, sources: Path, made: list[Demonstration]
) -> tuple[Path, Collected, tuple[Demonstration, ...]]:
    """Four episodes in the stand-in, undisturbed; and what was made on the way."""
    root = tmp_path_factory.mktemp("expanded") / "four"
    made.clear()
    config = ExpandConfig(
        sources, root, 4, 1_000, "stand_in", split="unseen_objects", disturbance=0.0
    )
    collected = expand(config)
    return root, collected, tuple(made)


def seeds(root: Path) -> list[Any]:
    return [record.metadata["seed"] for record in Dataset.open(root).episodes]


def test_what_succeeds_is_kept_and_what_fails_is_left_out(
    expanded: tuple[Path, Collected, tuple[Demonstration, ...]],
) -> None:
    root, collected, made = expanded
    failed = sum(not one.success for one in made)
    assert collected == Collected(kept=4, failed=failed)
    assert failed > 0, "choose seeds of which one fails"
    assert seeds(root) == [one.seed for one in made if one.success]
    assert [one.seed for one in made] == list(range(1_000, 1_004 + failed))


def test_kept_episodes_succeed_when_they_are_played_again(
    expanded: tuple[Path, Collected, tuple[Demonstration, ...]],
) -> None:
    dataset = Dataset.open(expanded[0])
    session = World("push_cube", "stand_in", "panda", "unseen_objects").session()
    path = ActionPath(session.robot, DT)
    for record in dataset.episodes:
        scene = session.reset(int(record.metadata["seed"]))
        path.reset(session.joint_positions, session.gripper_opening)
        episode = dataset.episode(record.index)
        assert episode.task == scene.instruction
        for state, action in zip(episode.states, episode.actions, strict=True):
            assert not session.success()
            seen = session.observation()
            assert (seen.proprioception == state).all()
            command = path.step(action)
            session.advance(command.joints, command.fingers)
        assert session.success()
    session.close()


def test_every_episode_says_where_it_comes_from(
    expanded: tuple[Path, Collected, tuple[Demonstration, ...]],
) -> None:
    dataset = Dataset.open(expanded[0])
    assert (dataset.robot_type, dataset.fps, len(dataset.episodes)) == ("panda", 20, 4)
    for record in dataset.episodes:
        metadata = dict(record.metadata)
        assert metadata.pop("seed") >= 1_000
        assert metadata.pop("subject") in ("yellow", "purple", "orange")
        assert metadata == {
            "domain": "stand_in",
            "task_name": "push_cube",
            "split": "unseen_objects",
            "success": True,
        }
    assert {"disturbance": 0.0, "expanded_from": SOURCES}.items() <= dataset.provenance[0].items()


def test_domain_is_that_of_the_sources_where_none_is_given(sources: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "d")
    words = ["--dataset", str(sources), "--out", out, "--episodes", "1", "--first-seed", "1000"]
    assert cli.main(["expand", *words]) == 0
    (record,) = Dataset.open(out).episodes
    assert (record.metadata["domain"], record.metadata["split"]) == ("twin", "train")


def test_resuming_goes_on_as_if_it_had_never_stopped(sources: Path, tmp_path: Path) -> None:
    whole = ExpandConfig(sources, tmp_path / "whole", 3, 1_000)
    parts = replace(whole, out=tmp_path / "parts", episodes=2)
    expand(whole)
    expand(parts)
    assert expand(replace(parts, episodes=3, resume=True)).kept == 3
    assert seeds(parts.out) == seeds(whole.out)
    one, other = Dataset.open(whole.out), Dataset.open(parts.out)
    for index in range(3):
        assert (one.episode(index).actions == other.episode(index).actions).all()
    for change, line in (
        ({"disturbance": 0.0}, "disturbance is 1.0, the new episodes have 0.0"),
        ({"domain": "stand_in"}, "domain is twin, the new episodes have stand_in"),
    ):
        with pytest.raises(DatasetError, match=line):
            expand(replace(whole, episodes=4, resume=True, **change))


def test_a_disturbance_is_played_and_not_recorded(
    sources: Path, tmp_path: Path, made: list[Demonstration]
) -> None:
    made.clear()
    expand(ExpandConfig(sources, tmp_path / "d", 3, 1_000, disturbance=1.0))
    slips = [(one.played != one.actions).any(axis=1).sum() for one in made]
    assert max(slips) >= 3
    kept = [one for one in made if one.success]
    dataset = Dataset.open(tmp_path / "d")
    for index, one in enumerate(kept):
        assert (dataset.episode(index).actions == one.actions).all()


def test_sources_that_do_not_succeed_again_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "rough"
    collect(CollectConfig(root, episodes=1, first_seed=45, disturbance=1.0))
    with pytest.raises(DatasetError, match=re.escape("collect the sources with --disturbance 0")):
        expand(ExpandConfig(root, tmp_path / "d"))
    assert not (tmp_path / "d").exists()


def test_a_dataset_of_others_is_refused(tmp_path: Path) -> None:
    features = Features({"front": (8, 8)}, ("x",), ("dx",), {"score": float})
    row, image = np.zeros((1, 1), np.float32), np.zeros((1, 8, 8, 3), np.uint8)
    with DatasetWriter(tmp_path / "s", robot_type="panda", fps=20, features=features) as writer:
        writer.add_episode({"front": image}, row, row, "push", {"score": 1.0})
    for root, line in (
        (tmp_path / "s", "every episode must tell the same robot, task_name, domain, split"),
        (tmp_path / "none", "none"),
    ):
        with pytest.raises(RlcoError, match=line):
            expand(ExpandConfig(root, tmp_path / "d"))
