# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The Gymnasium environments keep Gymnasium's contract, alone and over processes."""

from __future__ import annotations

import gymnasium
import numpy as np
from gymnasium.utils.env_checker import check_env

import rlco_sim  # noqa: F401

NAME = "rlco/PushCube-v0"


def test_check_env() -> None:
    env = gymnasium.make(NAME)
    check_env(env.unwrapped, skip_render_check=True)
    env.close()


def test_vector_environment_is_the_same_as_single_ones() -> None:
    envs = gymnasium.make_vec(NAME, num_envs=2, vectorization_mode="async")
    single = gymnasium.make(NAME)
    together, infos = envs.reset(seed=[3, 4])
    alone, info = single.reset(seed=4)
    assert infos["instruction"][1] == info["instruction"]
    action = np.zeros((4, 7), np.float32)
    action[:, 2], action[:, 6] = -0.01, 0.5
    for _ in range(3):
        assert (together["image"][1] == alone["image"]).all()
        assert (together["proprioception"][1] == alone["proprioception"]).all()
        together, *_ = envs.step(np.stack([action, action]))
        alone, *_ = single.step(action)
    envs.close()
    single.close()


def test_a_refused_action_truncates_and_says_why() -> None:
    env = gymnasium.make(NAME).unwrapped
    env.reset(seed=0)
    _, reward, terminated, truncated, info = env.step(np.full((4, 7), 1.0, np.float32))
    assert (reward, terminated, truncated) == (0.0, False, True)
    assert "m/s asked" in info["verdict"]
    env.close()
