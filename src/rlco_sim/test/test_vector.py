# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Many environments do what each does alone, on however many processes, and leave nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_sim.env import RlcoEnv
from rlco_sim.vector import VectorEnv
from rlco_sim.vector_worker import WorkerError

COUNT = 3
KIND: dict[str, Any] = {
    "task": "push_cube", "domain": "wide", "robot": "ur5e", "reward": "milestone", "execute": 4,
}  # fmt: skip
Actions = NDArray[np.float32]


@pytest.fixture(scope="module")
def envs() -> Iterator[dict[int, VectorEnv]]:
    """The same environments by number of processes."""
    made = {workers: VectorEnv(COUNT, workers, **KIND) for workers in (1, 2)}
    yield made
    for each in made.values():
        each.close()


@pytest.fixture(scope="module")
def single() -> Iterator[RlcoEnv]:
    env = RlcoEnv(**KIND)
    yield env
    env.close()


def touching(env: RlcoEnv, seed: int) -> Actions:
    """(decisions, 4, 7) actions of the expert until it has touched the cube."""
    env.reset(seed=seed)
    rows: list[Actions] = []
    while not env.session.reached()[0] or len(rows) % 4:
        rows.append(env.session.task.expert(env.path.target, env.session.gripper_opening))
        assert env.step(rows[-1][None])[4]["accepted"]
    return np.array(rows).reshape(-1, 4, 7)


def copied(result: tuple[Any, ...]) -> list[Any]:
    """What a step returned, out of the shared memory."""
    observations, *arrays, infos = result
    seen = {key: value.copy() for key, value in observations.items()}
    return [seen, *(array.copy() for array in arrays), infos]


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return set(one) == set(other) and all((one[key] == other[key]).all() for key in one)


def random_actions(env: VectorEnv, decisions: int) -> Actions:
    space, rng = env.single_action_space, np.random.default_rng(0)
    shape = (decisions, env.num_envs, *space.shape)  # type: ignore[misc]
    return rng.uniform(space.low, space.high, shape).astype(np.float32)  # type: ignore[attr-defined]


def test_it_is_the_same_on_any_number_of_processes(envs: dict[int, VectorEnv]) -> None:
    first, second = envs.values()
    seen = [each.reset(seed=7) for each in (first, second)]
    assert same(seen[0][0], seen[1][0])
    assert same(seen[0][1], seen[1][1])
    for actions in random_actions(first, 5):
        one, other = copied(first.step(actions)), copied(second.step(actions))
        assert same(one[0], other[0])
        assert all((a == b).all() for a, b in zip(one[1:4], other[1:4], strict=True))
        assert same(one[4], other[4])


def test_each_is_what_it_is_alone(envs: dict[int, VectorEnv], single: RlcoEnv) -> None:
    together, actions = envs[2], touching(single, 8)
    observations, infos = together.reset(seed=[8, 1, 8])
    seen, info = single.reset(seed=8)
    results = [copied(together.step(np.stack([chunk] * COUNT))) for chunk in actions]
    assert info["instruction"] == infos["instruction"][0] == infos["instruction"][2]
    rewards = 0.0
    for chunk, (observations, reward, terminated, truncated, infos) in zip(
        actions, results, strict=True
    ):
        seen, alone, *flags, info = single.step(chunk)
        rewards += alone
        for index in (0, 2):
            assert all((observations[key][index] == seen[key]).all() for key in seen)
            assert reward[index] == alone
            assert [terminated[index], truncated[index]] == flags
            assert {key: infos[key][index] for key in info} == info
        assert (observations["image"][1] != seen["image"]).any()
    assert rewards == 0.2, "the touch was on its way"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_masked_reset_touches_no_other(
    envs: dict[int, VectorEnv], single: RlcoEnv, workers: int
) -> None:
    """Neither its episode nor the milestones that it was paid for."""
    together, actions = envs[workers], touching(single, 8)
    together.reset(seed=[8] * COUNT)
    earned = np.array([together.step(np.stack([chunk] * COUNT))[1].copy() for chunk in actions])
    assert earned.sum(axis=0).tolist() == [0.2] * COUNT
    before = {key: value.copy() for key, value in together._observations.items()}
    mask = np.array([False, True, False])
    observations, infos = together.reset(seed=[None, 8, None], options={"reset_mask": mask})
    fresh, _ = single.reset(seed=8)
    assert all((observations[key][1] == fresh[key]).all() for key in fresh)
    assert all((observations[key][[0, 2]] == before[key][[0, 2]]).all() for key in fresh)
    assert infos["_steps"].tolist() == mask.tolist()
    assert infos["steps"].tolist() == [0, 0, 0]
    # Once more the same way: the others cannot be paid for the touch again.
    more = [copied(together.step(np.stack([chunk] * COUNT))) for chunk in actions]
    assert sum(result[1] for result in more)[1] == 0.2
    assert all(result[1][index] == 0.0 for result in more for index in (0, 2) if not result[2][0])
    done = len(actions) * 4
    assert more[-1][4]["steps"][1] == done
    assert min(more[-1][4]["steps"][[0, 2]]) > done


def test_unseeded_resets_go_on_from_the_seeded_one(envs: dict[int, VectorEnv]) -> None:
    runs = []
    for each in (envs[1], envs[2], envs[1]):
        each.reset(seed=3)
        runs.append([each.reset()[1]["instruction"].tolist() for _ in range(3)])
    assert runs[0] == runs[1] == runs[2]
    assert len({text for run in runs[0] for text in run}) > 4, "they differ from each other"


def test_options_go_to_every_environment(envs: dict[int, VectorEnv]) -> None:
    _, infos = envs[2].reset(seed=0, options={"instruction": "push the blue cube"})
    assert infos["subject"].tolist() == ["blue"] * COUNT


def test_spaces_are_those_of_one_for_each(envs: dict[int, VectorEnv], single: RlcoEnv) -> None:
    each = envs[2]
    observations, _ = each.reset(seed=0)
    assert each.single_observation_space == single.observation_space
    assert each.observation_space.contains(observations)
    assert each.action_space.contains(random_actions(each, 1)[0])
    assert each.reward_span == single.reward_span
    assert each.metadata["autoreset_mode"] is AutoresetMode.DISABLED


def test_foul_arguments_are_refused(envs: dict[int, VectorEnv]) -> None:
    for mask in (np.ones(2, dtype=bool), np.ones(COUNT)):
        with pytest.raises(ConfigError, match=r"reset_mask must be \(3,\) bool"):
            envs[1].reset(options={"reset_mask": mask})
    with pytest.raises(ConfigError, match="2 seeds for 3 environments"):
        envs[1].reset(seed=[1, 2])
    with pytest.raises(ConfigError, match="must be at least 1"):
        VectorEnv(0, 1, **KIND)
    with pytest.raises(ConfigError, match="unknown task 'juggle'"):
        VectorEnv(2, 1, task="juggle")


def test_close_leaves_no_process_and_no_memory() -> None:
    before = set(multiprocessing.active_children())
    made = VectorEnv(2, 3, task="open_drawer", images=False)
    ours = set(multiprocessing.active_children()) - before
    assert len(ours) == 2, "one process for each environment at most"
    name, pids = made._memory.name, [process.pid for process in ours]
    made.reset(seed=0)
    made.close()
    made.close()
    assert set(multiprocessing.active_children()) <= before
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=name)


def test_what_fails_in_a_process_is_told() -> None:
    made = VectorEnv(2, 2, task="push_cube", images=False)
    with pytest.raises(WorkerError, match="it must name exactly one of"):
        made.reset(options={"instruction": "push it"})
    made.close()


def test_a_process_that_died_is_named() -> None:
    made = VectorEnv(2, 2, task="push_cube", images=False)
    made.reset(seed=0)
    pid = made._workers[1]._process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    made._workers[1]._process.join()
    with pytest.raises(WorkerError, match=r"the process of environments range\(1, 2\) died"):
        made.step(np.zeros((2, 4, 7), np.float32))
    made.close()


def test_numbers_and_flags_are_typed_and_seeds_may_be_numpys() -> None:
    made = VectorEnv(2, 1, task="push_cube", images=False)
    infos = made.reset(seed=np.int64(3))[1]
    assert infos["success"].dtype == bool
    assert infos["steps"].dtype == int
    assert (~infos["success"]).tolist() == [True, True]
    again = made.reset(seed=3)[1]
    assert again["instruction"].tolist() == infos["instruction"].tolist()
    made.close()


def test_a_script_without_a_guard_is_told_of_it_and_leaves_no_memory(tmp_path: Path) -> None:
    script = tmp_path / "bare.py"
    script.write_text(
        "from rlco_sim.vector import VectorEnv\nVectorEnv(2, 1, task='push_cube', images=False)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300.0)
    assert done.returncode == 1
    assert 'a script needs `if __name__ == "__main__":`' in done.stderr
    assert "leaked" not in done.stderr
