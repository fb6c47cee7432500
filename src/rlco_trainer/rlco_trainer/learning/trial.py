# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Success of a network before it is a bundle: many episodes side by side, one per seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from rlco_sim.vector import VectorEnv
from rlco_trainer.interrupt import kept_from_children
from rlco_trainer.learning.collector import Speech
from rlco_trainer.policies.policy import Policy

#: Gets an episode's place among the seeds and one (H, W, 3) uint8 image after the other: all that
#: the policy sees, and last what it left behind. The image is only lent.
Look: TypeAlias = Callable[[int, NDArray[np.uint8]], None]


@dataclass(frozen=True)
class Outcome:
    """How the episode of a seed went."""

    seed: int
    success: bool
    steps: int
    instruction: str


class Trial:
    """Plays policies as they are deployed; a context manager.

    Args:
        env: arguments of ``RlcoEnv``.
        envs: side by side.
        workers: processes.
    """

    def __init__(self, env: Mapping[str, Any], envs: int = 50, workers: int = 2) -> None:
        with kept_from_children():
            self._vector = VectorEnv(envs, workers, **env)
        self._speech = Speech()

    def __enter__(self) -> Trial:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the processes."""
        self._vector.close()

    @torch.no_grad()
    def run(
        self, policy: Policy, seeds: Sequence[int], look: Look | None = None
    ) -> tuple[Outcome, ...]:
        """The outcomes, in the order of ``seeds``; ``look`` may watch."""
        found: list[Outcome] = []
        size = self._vector.num_envs
        for start in range(0, len(seeds), size):
            found += self._together(policy, list(seeds[start : start + size]), start, look)
        return tuple(found)

    def _together(
        self, policy: Policy, seeds: list[int], start: int, look: Look | None
    ) -> list[Outcome]:
        """As many episodes as there are environments, or fewer."""
        vector = self._vector
        running = np.arange(vector.num_envs) < len(seeds)
        padded: list[int | None] = [*seeds, *[None] * (vector.num_envs - len(seeds))]
        observation, infos = vector.reset(seed=padded, options={"reset_mask": running})
        sentences = [str(infos["instruction"][i]) for i in range(len(seeds))]
        words, mask = self._speech(sentences)
        outcomes: dict[int, Outcome] = {}
        _show(look, start, observation["image"], running)
        while running.any():
            live = np.flatnonzero(running)
            image = torch.from_numpy(observation["image"][live])
            state = torch.from_numpy(observation["proprioception"][live])
            index = torch.from_numpy(live)
            seen = policy.see(image, state, words[index], mask[index])
            # An episode that is over stays so, whatever it is told.
            actions = np.zeros(vector.action_space.shape or (), np.float32)
            chunks = policy.act(seen)
            actions[live] = chunks[:, : policy.execute].cpu().numpy()
            observation, _, terminated, truncated, infos = vector.step(actions)
            _show(look, start, observation["image"], running)
            for i in np.flatnonzero(running & (terminated | truncated)):
                success, steps = bool(infos["success"][i]), int(infos["steps"][i])
                outcomes[int(i)] = Outcome(seeds[i], success, steps, sentences[i])
            running &= ~(terminated | truncated)
        return [outcomes[i] for i in range(len(seeds))]


def _show(
    look: Look | None, start: int, images: NDArray[np.uint8], which: NDArray[np.bool_]
) -> None:
    if look is not None:
        for i in np.flatnonzero(which):
            look(start + int(i), images[i])
