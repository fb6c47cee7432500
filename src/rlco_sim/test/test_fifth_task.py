# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A task of one's own is one file and one registration; everything knows it then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import cast

import gymnasium
import numpy as np
import pytest
from lift_cube import LiftCube

from rlco_core.errors import ConfigError
from rlco_sim.env import RlcoEnv
from rlco_sim.tasks import environment, register, task_class
from rlco_sim.vector import VectorEnv
from rlco_trainer.demonstrations.collect import CollectConfig, collect
from rlco_trainer.demonstrations.expand import ExpandConfig, expand
from rlco_trainer.evaluation.config import EvalConfig
from rlco_trainer.evaluation.evaluate import evaluate
from rlco_trainer.lerobot import Dataset

NAME = "lift_cube"
HERE = Path(__file__).parent


def test_it_is_known_by_its_name() -> None:
    assert task_class(NAME) is LiftCube
    assert environment(NAME) == "rlco/LiftCube-v0" in gymnasium.registry
    with pytest.raises(ConfigError, match="known: 'close_drawer', 'lift_cube', 'open_drawer'"):
        task_class("juggle")


def test_registering_again_is_harmless_and_a_name_is_taken_once(
    recwarn: pytest.WarningsRecorder,
) -> None:
    assert register(LiftCube) is LiftCube
    assert not recwarn.list

    class Other(LiftCube):
        name = "push_cube"

    message = r"Other cannot be task 'push_cube': rlco_sim\.tasks\.push_cube:PushCube is"
    with pytest.raises(ConfigError, match=message):
        register(Other)
    assert task_class("push_cube") is not Other


@pytest.mark.parametrize("robot", ["panda", "ur5e"])
@pytest.mark.parametrize("domain", ["twin", "stand_in"])
def test_its_expert_succeeds_and_milestones_come_before_success(robot: str, domain: str) -> None:
    made = gymnasium.make(
        "rlco/LiftCube-v0", robot=robot, domain=domain, execute=1, reward="milestone"
    )
    env = cast(RlcoEnv, made.unwrapped)
    for seed in range(5):
        seen, info = env.reset(seed=seed)
        assert env.observation_space.contains(seen)
        assert (info["subject"], info["reached"]) == ("cube", (False,))
        rewards, ended = [], False
        while not ended:
            action = env.session.task.expert(env.path.target, env.session.gripper_opening)
            _, reward, ended, truncated, info = env.step(action[None])
            assert not truncated
            rewards.append(round(reward, 6))
        assert [reward for reward in rewards if reward] == [0.2, 1.0]
        assert env.session.world.position(env.session.task.cube)[2] >= 0.10  # type: ignore[attr-defined]
    made.close()


def test_without_the_expert_nothing_is_lifted() -> None:
    env = RlcoEnv(NAME, execute=100, images=False)
    env.reset(seed=0)
    *_, truncated, info = env.step(np.tile(np.float32([0, 0, 0, 0, 0, 0, 1]), (100, 1)))
    assert truncated
    assert not info["success"]
    env.close()


def test_sentences_and_splits_are_checked() -> None:
    with pytest.raises(ConfigError, match="'lift the ball' does not speak of a cube"):
        RlcoEnv(NAME, instruction="lift the ball")
    with pytest.raises(ConfigError, match="task 'lift_cube' has no split 'unseen_objects'"):
        RlcoEnv(NAME, split="unseen_objects")


def test_worker_processes_know_it() -> None:
    envs = VectorEnv(2, workers=2, task=NAME, images=False)
    _, infos = envs.reset(seed=0)
    assert list(infos["subject"]) == ["cube", "cube"]
    envs.close()


def test_it_is_evaluated_collected_and_expanded(tmp_path: Path) -> None:
    result = evaluate(EvalConfig(policy="expert", task=NAME, episodes=3)).result
    assert [episode.success for episode in result.episodes] == [True] * 3
    few, more = tmp_path / "few", tmp_path / "more"
    collected = collect(CollectConfig(few, 2, task=NAME, disturbance=0.0, workers=1))
    assert collected.kept == 2
    expand(ExpandConfig(few, more, episodes=2, workers=1))
    episodes = [*Dataset.open(few).episodes, *Dataset.open(more).episodes]
    assert [row.metadata["task_name"] for row in episodes] == [NAME] * 4


SCRIPT = """
import sys, rlco_sim
from rlco_sim.tasks import TASKS, task_class
assert TASKS["lift_cube"] == "lift_cube:LiftCube"
assert not {"pybullet", "lift_cube"} & set(sys.modules), "nothing is imported before it is asked"
assert task_class("lift_cube").__name__ == "LiftCube"
"""


def test_an_entry_point_makes_it_known_where_no_code_of_its_own_runs(tmp_path: Path) -> None:
    metadata = tmp_path / "mine-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[rlco.tasks]\nlift_cube = lift_cube:LiftCube\n")
    paths = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(HERE)!r}]\n"
    subprocess.run([sys.executable, "-c", paths + SCRIPT], check=True)
