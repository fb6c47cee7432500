# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Demonstrations through robots' drivers, as those are simulated: real processes in real time."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import underlay

from rlco_trainer import cli
from rlco_trainer.demonstrations.demonstrate import Demonstration, Demonstrator, World
from rlco_trainer.lerobot import Dataset

TASK = "close_drawer"
#: Robot and how it is reached: trajectories and a hand, set-points and a digital output.
REACHED = (("panda", "franka"), ("ur5e", "ur_stream"))
#: m that the end effector may be beside the expert's way.
BESIDE = 0.03
#: A few steps from the base that ships.
TRAIN = [
    *("train", "sft", "--family", "token", "--threads", "1", "--share.held-out", "1"),
    *("--watch.every", "0", "--watch.episodes", "0", "--augment.copies", "1"),
    *("--imitation.steps", "3", "--imitation.batch", "8", "--imitation.warm-up", "1"),
]


@pytest.fixture(scope="module", params=REACHED, ids=[driver for _, driver in REACHED])
def recorded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Demonstration]:
    """Two episodes of the expert at the twist device, and the first as it was meant."""
    robot, driver = request.param
    out = tmp_path_factory.mktemp(driver) / "two"
    command = ["rlco", "record", "--out", str(out), "--episodes", "2", "--device", "expert"]
    command += ["--task", TASK, "--robot", robot, "--use-mock-hardware", "--driver", driver]
    command += ["--logs", str(out.parent / "logs")]
    run = subprocess.run(
        command, env=underlay.environment(), capture_output=True, text=True, timeout=200
    )
    assert run.returncode == 0, run.stdout + run.stderr
    demonstrator = Demonstrator(World(TASK, "twin", robot), 0.0, 0.0)
    return out, demonstrator.run(int(Dataset.open(out).episodes[0].metadata["seed"]))


def test_a_replay_through_the_driver_goes_where_the_episode_went(
    recorded: tuple[Path, Demonstration], request: pytest.FixtureRequest
) -> None:
    out, _ = recorded
    command = ["rlco", "replay", "--dataset", str(out), "--use-mock-hardware"]
    command += ["--driver", request.node.callspec.params["recorded"][1]]
    run = subprocess.run(
        command, env=underlay.environment(), capture_output=True, text=True, timeout=200
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "outcome: success; recorded: success" in run.stdout
    (beside,) = re.findall(r"([0-9.]+) mm off its path", run.stdout)
    assert float(beside) < 1e3 * BESIDE


def test_it_is_what_the_expert_did(recorded: tuple[Path, Demonstration]) -> None:
    out, meant = recorded
    episode = Dataset.open(out).episode(0)
    assert episode.images["front"].shape[1:] == meant.images.shape[1:]
    assert episode.states.shape[1:] == meant.states.shape[1:]
    assert episode.actions.shape[1:] == meant.actions.shape[1:]
    assert (episode.task, episode.metadata["success"]) == (meant.instruction, True)
    apart = np.linalg.norm(episode.states[:, None, :3] - meant.states[None, :, :3], axis=2)
    assert apart.min(axis=1).max() < BESIDE
    assert np.abs(np.diff(episode.states[:, :3], axis=0)).max() > 1e-3, "the arm moves"
    assert np.abs(np.diff(episode.images["front"].astype(int), axis=0)).max() > 50, "it is seen"


def test_a_policy_learns_from_it(recorded: tuple[Path, Demonstration], tmp_path: Path) -> None:
    out, _ = recorded
    assert cli.main([*TRAIN, "--real", str(out), "--out", str(tmp_path / "run")]) == 0
    assert (tmp_path / "run" / "policy.safetensors").exists()
