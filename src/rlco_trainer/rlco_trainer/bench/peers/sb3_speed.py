# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Stable-Baselines3's PPO on the images of panda-gym's PandaPush, in an environment of its own.

NatureCNN stays as it is, as it does where we train; its features are computed anew in every
epoch, as this library has no place to keep them. Each of the eight environments has a process,
which is quicker here than all of them in one.

Reads lines "SIZE EVERY SECONDS" and answers each with frames per second of whole rollouts with
their updates; there is an image every control step, so EVERY must be 1.
"""

import sys
import time

import gymnasium
import numpy as np
import panda_gym  # noqa: F401
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import SubprocVecEnv
from torch import nn

_ENVS, _DECISIONS = 8, 128


class Pictures(gymnasium.ObservationWrapper):
    """PandaPush as (size, size, 3) uint8 RGB and nothing else."""

    def __init__(self, size: int) -> None:
        super().__init__(
            gymnasium.make(
                "PandaPush-v3",
                render_mode="rgb_array",
                renderer="Tiny",
                render_width=size,
                render_height=size,
            )
        )
        self.observation_space = spaces.Box(0, 255, (size, size, 3), np.uint8)

    def observation(self, observation: object) -> NDArray[np.uint8]:
        """The image of what is now."""
        return np.asarray(self.env.render(), np.uint8)


def learner(size: int) -> PPO:
    """PPO with all its environments."""
    model = PPO(
        "CnnPolicy",
        SubprocVecEnv([lambda: Pictures(size)] * _ENVS),
        n_steps=_DECISIONS,
        batch_size=256,
        n_epochs=4,
        policy_kwargs={"net_arch": [64, 64], "activation_fn": nn.Tanh},
        device="cpu",
    )
    model.policy.features_extractor.requires_grad_(False)
    return model


def measure(model: PPO, seconds: float) -> float:
    """Frames per second over at least so many seconds."""
    frames, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        model.learn(_ENVS * _DECISIONS, reset_num_timesteps=False)
        frames += _ENVS * _DECISIONS
    return frames / elapsed


if __name__ == "__main__":
    models: dict[int, PPO] = {}
    for line in sys.stdin:
        size, every, seconds = line.split()
        if int(every) != 1:
            sys.exit(f"an image every {every} control steps is not measured here")
        model = models.get(int(size)) or models.setdefault(int(size), learner(int(size)))
        print("steps/s", measure(model, float(seconds)), flush=True)
