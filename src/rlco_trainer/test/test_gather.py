# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Demonstrations of several processes become one dataset, in the order of their seeds."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from machine import members, own_group, wait_until

from rlco_core.errors import DatasetError, RlcoError
from rlco_sim.domain import Domain
from rlco_trainer.demonstrations.demonstrate import Demonstration, Demonstrator, World
from rlco_trainer.demonstrations.gather import Collected, Gathering, Maker, gather
from rlco_trainer.lerobot import Dataset

WORLD = World("push_cube", "twin", "panda")


def blank(seed: int, failing: tuple[int, ...], note: Path | None = None) -> Demonstration:
    """A demonstration that shows its seed; where ``note`` is, it is told who made it."""
    if note is not None:
        (note / f"{seed}").write_text(str(os.getpid()))
    length = 3 + seed % 2
    return Demonstration(
        images=np.full((length, 64, 64, 3), seed, np.uint8),
        states=np.full((length, 17), seed, np.float32),
        actions=np.full((length, 7), seed, np.float32),
        played=np.zeros((length, 7), np.float32),
        points=np.full((length, 4, 2), seed, np.float32),
        instruction=f"push the {'red' if seed % 2 else 'blue'} cube",
        seed=seed,
        subject="red" if seed % 2 else "blue",
        success=seed not in failing,
    )


def fateful(seed: int, told: int, dying: int) -> Demonstration:
    """A blank one; at one seed it tells its parent to stop, at another it dies."""
    if seed == told:
        os.kill(os.getppid(), signal.SIGTERM)
    if seed == dying:
        os._exit(1)
    return blank(seed, ())


def open_fateful(told: int, dying: int) -> Maker:
    return partial(fateful, told=told, dying=dying)


def open_blank(failing: tuple[int, ...] = (), note: Path | None = None) -> Maker:
    return partial(blank, failing=failing, note=note)


def refused(seed: int) -> Demonstration:
    raise RlcoError(f"seed {seed}: the expert's action was refused")


def open_refused() -> Maker:
    return refused


def open_real(world: World) -> Maker:
    return Demonstrator(world, 0.5, 0.0).run


def gathering(out: Path, open_maker: Callable[[], Maker], **changes: Any) -> Gathering:
    usual = {"episodes": 4, "first_seed": 20, "world": WORLD, "workers": 2, "resume": False}
    return Gathering(out=out, open_maker=open_maker, **{**usual, **changes})


def test_two_processes_make_one_dataset_in_the_order_of_seeds(tmp_path: Path) -> None:
    note = tmp_path / "note"
    note.mkdir()
    maker = partial(open_blank, (21, 22), note)
    made = gather(gathering(tmp_path / "d", maker, episodes=6), "making")
    assert made == Collected(kept=6, failed=2)
    dataset = Dataset.open(tmp_path / "d")
    assert [record.metadata["seed"] for record in dataset.episodes] == [20, 23, 24, 25, 26, 27]
    for record in dataset.episodes:
        episode, seed = dataset.episode(record.index), record.metadata["seed"]
        assert len(episode.actions) == 3 + int(seed) % 2
        assert (episode.actions == seed).all()
        assert (episode.states == seed).all()
        assert episode.metadata["subject"] in episode.task
    makers = {path.read_text() for path in note.iterdir()}
    assert str(os.getpid()) not in makers


def test_every_episode_says_task_domain_split_seed_and_success(tmp_path: Path) -> None:
    path = tmp_path / "night.yaml"
    path.write_text("extends: stand_in\nname: night\nlooks: {table: {colour: [0.0, 0.0, 0.0]}}\n")
    world = World("close_drawer", str(path), "ur5e", "unseen_states")
    what = gathering(tmp_path / "d", partial(open_real, world), world=world, episodes=1, workers=1)
    assert gather(what, "making").kept == 1
    dataset = Dataset.open(tmp_path / "d")
    episode = dataset.episode(0)
    assert dataset.robot_type == "ur5e"
    assert {key: episode.metadata[key] for key in ("task_name", "domain", "split", "success")} == {
        "task_name": "close_drawer",
        "domain": str(path),
        "split": "unseen_states",
        "success": True,
    }
    assert int(episode.metadata["seed"]) >= 20
    assert episode.images[Domain.load(path).camera.name].shape[0] == len(episode.actions)


def test_what_a_process_says_ends_all_and_keeps_what_there_is(tmp_path: Path) -> None:
    root = tmp_path / "d"
    gather(gathering(root, open_blank, episodes=2), "making")
    with pytest.raises(RlcoError, match="seed 22: the expert's action was refused"):
        gather(gathering(root, open_refused, resume=True), "making")
    with pytest.raises(DatasetError, match="was begun with --first-seed 20, not with 500"):
        gather(gathering(root, open_blank, resume=True, first_seed=500), "making")
    assert [record.metadata["seed"] for record in Dataset.open(root).episodes] == [20, 21]


@pytest.mark.parametrize("dying", [0, 30])
def test_told_to_stop_it_keeps_what_there_is(tmp_path: Path, dying: int) -> None:
    """Also where the processes are told, too, and are gone."""
    root, maker = tmp_path / "d", partial(open_fateful, 30, dying)
    with pytest.raises(KeyboardInterrupt):
        gather(gathering(root, maker, episodes=10_000, workers=1), "making")
    seeds = [record.metadata["seed"] for record in Dataset.open(root).episodes]
    assert seeds[:6] == [20, 21, 22, 23, 24, 25], "no more than four are made ahead"
    assert seeds == list(range(20, 20 + len(seeds)))
    gather(gathering(root, open_blank, episodes=len(seeds) + 1, resume=True), "making")
    assert Dataset.open(root).episodes[-1].metadata["seed"] == 20 + len(seeds)


def test_a_process_that_dies_is_told_of_and_costs_nothing(tmp_path: Path) -> None:
    root, maker = tmp_path / "d", partial(open_fateful, 0, 23)
    with pytest.raises(RlcoError, match=f"a process died; --resume goes on in {root}"):
        gather(gathering(root, maker, episodes=100, workers=1), "making")
    seeds = [record.metadata["seed"] for record in Dataset.open(root).episodes]
    assert seeds == list(range(20, 20 + len(seeds)))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nobody_stays_behind_a_killed_one(tmp_path: Path, number: int) -> None:
    root = tmp_path / "d"
    code = (
        "from pathlib import Path; from test_gather import *\n"
        f"gather(gathering(Path({str(root)!r}), open_blank, episodes=100_000), 'making')"
    )
    with own_group(["-c", code], tmp_path / "log") as process:
        wait_until(lambda: any(root.glob("data/*/*")))
        assert len(members(process.pid)) >= 3
        os.kill(process.pid, number)
        wait_until(lambda: not members(process.pid))


def test_other_settings_are_kept_and_must_be_the_same_to_resume(tmp_path: Path) -> None:
    root = tmp_path / "d"
    settings = {"human": 0.5, "style": "calm"}
    gather(gathering(root, open_blank, episodes=1, workers=1, settings=settings), "making")
    assert settings.items() <= Dataset.open(root).provenance[0].items()
    changed = gathering(root, open_blank, resume=True, settings={**settings, "style": "brisk"})
    with pytest.raises(DatasetError, match="style is calm, the new episodes have brisk"):
        gather(changed, "making")
    arm = gathering(
        root, open_blank, resume=True, settings=settings, world=World("push_cube", "twin", "ur5e")
    )
    with pytest.raises(DatasetError, match="ur5e"):
        gather(arm, "making")
