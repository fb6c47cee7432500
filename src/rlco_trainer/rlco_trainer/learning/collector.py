# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Rollouts: a policy that explores in many environments, and what came of it.

Environments are in groups with a process each. While one group's physics runs, the policy thinks
for another one, so that all cores are busy. What is collected depends on the seed and the weights
alone, never on who was quicker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlco_core.language import LanguageEncoder
from rlco_sim.vector import VectorEnv
from rlco_trainer.interrupt import kept_from_children
from rlco_trainer.policies.policy import Before, Policy, Seen

_ENV, _POLICY = 0x656E76, 0x706F6C


@dataclass(frozen=True)
class Rollout:
    """T decisions in N environments.

    Attributes:
        context: (T, N, tokens, width), state: (T, N, 17) and truth: (T, N, 16), what was seen.
        trace: how actions came about, entries (T, N, ...).
        log_prob: (T, N, execute, parts).
        counted: (T, N, execute) float, 1 for log-probabilities that count, see ``Policy``.
        value, next_value, reward: (T, N), see ``advantage.advantages``.
        terminated, ended: (T, N) bool.
        episodes: those that ended, in no order.
    """

    context: Tensor
    state: Tensor
    truth: Tensor
    trace: Mapping[str, Tensor]
    log_prob: Tensor
    counted: Tensor
    value: Tensor
    next_value: Tensor
    reward: Tensor
    terminated: Tensor
    ended: Tensor
    episodes: tuple[Ended, ...]

    @property
    def seen(self) -> Seen:
        """What all T * N decisions were made on, in a row."""
        return Seen(*(part.flatten(0, 1) for part in (self.context, self.state, self.truth)))


@dataclass(frozen=True)
class Ended:
    """One finished episode: its return, its control periods, and how it ended.

    ``first`` of its environment in a rollout: a later one may have no time left to fail in, so
    that rates are of first ones alone.
    """

    total: float
    steps: int
    success: bool
    refused: bool
    first: bool


class Speech:
    """Sentences as the backbone takes them, each encoded once."""

    def __init__(self) -> None:
        self._encoder = LanguageEncoder.load()

    def __call__(self, sentences: Sequence[str]) -> tuple[Tensor, Tensor]:
        """(B, LANGUAGE_TOKENS, LANGUAGE_WIDTH) words and (B, LANGUAGE_TOKENS) mask."""
        tokens = [self._encoder.encode(sentence) for sentence in sentences]
        words = np.stack([token.tokens for token in tokens])
        mask = np.stack([token.mask for token in tokens])
        return torch.from_numpy(words), torch.from_numpy(mask)


class Collector:
    """Collects rollouts; a context manager.

    Args:
        env: arguments of ``RlcoEnv``.
        envs: environments in all.
        decisions: of every environment in a rollout; 0 for those of the longest episode.
        groups: processes.
        seed: of episodes and exploration.
    """

    def __init__(
        self, env: Mapping[str, Any], envs: int, decisions: int, groups: int, seed: int
    ) -> None:
        edges = np.linspace(0, envs, groups + 1).round().astype(int)
        sizes = np.diff(edges).tolist()
        with kept_from_children():
            self._vectors = [VectorEnv(size, 1, **{**env, "truth": True}) for size in sizes]
        self._first = edges.tolist()
        longest = -(-self._vectors[0].max_steps // int(env["execute"]))
        self._decisions, self._seed = decisions or longest, seed
        self._speech = Speech()

    def __enter__(self) -> Collector:
        return self

    def __exit__(self, *_: object) -> None:
        for vector in self._vectors:
            vector.close()

    @torch.no_grad()
    def collect(self, policy: Policy, iteration: int) -> Rollout:
        """Plays ``policy`` from fresh episodes on; those that are cut off at the end count as
        truncated.
        """
        groups = [
            _Group(vector, policy, self._speech, (self._seed, iteration, first))
            for vector, first in zip(self._vectors, self._first, strict=False)
        ]
        for group in groups:
            group.decide()
        for t in range(self._decisions):
            for group in groups:
                group.finish()
                if t + 1 < self._decisions:
                    group.decide()
        return _joined([group.rollout() for group in groups])


class _Group:
    """One vector environment in one rollout."""

    def __init__(
        self, vector: VectorEnv, policy: Policy, speech: Speech, key: tuple[int, int, int]
    ) -> None:
        self._vector, self._policy, self._speech, self._key = vector, policy, speech, key
        seed = int(np.random.SeedSequence((_POLICY, *key)).generate_state(1)[0])
        self._rng = torch.Generator().manual_seed(seed)
        count = vector.num_envs
        self._begun = np.zeros(count, dtype=int)
        self._totals = np.zeros(count)
        self._steps = np.zeros(count, dtype=int)
        self._sentences: list[str] = [""] * count
        self._rows: list[dict[str, Any]] = []
        self._episodes: list[Ended] = []
        self._begin(np.ones(count, dtype=bool))

    def decide(self) -> None:
        """Looks, samples, and sets the physics going."""
        seen = self._see(self._observation, slice(None))
        sample = self._policy.sample(seen, self._rng, self._before())
        if self._rows:
            self._bootstrap(sample.value.cpu())
        self._rows.append(
            {
                **{key: part.cpu() for key, part in seen._asdict().items()},
                "log_prob": sample.log_prob.cpu(),
                "value": sample.value.cpu(),
                "trace": {key: part.cpu() for key, part in sample.trace.items()},
            }
        )
        self._vector.step_async(sample.actions.cpu().numpy())

    def _before(self) -> Before | None:
        if not self._rows:
            return None
        row, device = self._rows[-1], self._policy.device
        trace = {key: part.to(device) for key, part in row["trace"].items()}
        return Before(trace, row["ended"].to(device))

    def finish(self) -> None:
        """Waits for the physics; begins new episodes where one has ended."""
        observation, rewards, terminated, truncated, infos = self._vector.step_wait()
        steps = infos["steps"]
        row = self._rows[-1]
        execute = row["log_prob"].shape[1]
        ended = terminated | truncated
        # What is refused ends an episode for good, and was as good as played: it is to blame.
        refused = truncated & ~infos["accepted"]
        terminated, truncated = terminated | refused, truncated & ~refused
        played = np.arange(execute) < (steps - self._steps + refused)[:, None]
        row["reward"] = torch.from_numpy(rewards.astype(np.float32))
        row["terminated"] = torch.from_numpy(terminated)
        row["ended"] = torch.from_numpy(ended)
        row["counted"] = self._policy.counted(torch.from_numpy(played.astype(np.float32)))
        row["next_value"] = torch.zeros(len(steps))
        self._totals += rewards
        self._steps = steps
        if truncated.any():
            row["next_value"][torch.from_numpy(truncated)] = self._policy.values(
                self._see(observation, truncated)
            ).cpu()
        for index in np.flatnonzero(ended):
            total, success = float(self._totals[index]), bool(infos["success"][index])
            first = bool(self._begun[index] == 1)
            self._episodes.append(
                Ended(total, int(steps[index]), success, bool(refused[index]), first)
            )
        if ended.any():
            self._begin(ended)

    def rollout(self) -> dict[str, Any]:
        """Everything, time first."""
        seen = self._see(self._observation, slice(None))
        self._bootstrap(self._policy.values(seen).cpu())
        last = self._rows[-1]
        last["ended"] = torch.ones_like(last["ended"])
        trace = {key: torch.stack([row["trace"][key] for row in self._rows])
                 for key in last["trace"]}  # fmt: skip
        stacked = {key: torch.stack([row[key] for row in self._rows])
                   for key in last if key != "trace"}  # fmt: skip
        return {**stacked, "trace": trace, "episodes": tuple(self._episodes)}

    def _bootstrap(self, value: Tensor) -> None:
        """What was seen next is worth ``value``, where the episode goes on."""
        row = self._rows[-1]
        row["next_value"] = torch.where(row["ended"], row["next_value"], value)

    def _begin(self, mask: NDArray[np.bool_]) -> None:
        seeds: list[int | None] = [None] * len(mask)
        for index in np.flatnonzero(mask):
            seeds[index] = self._episode_seed(int(index))
        self._begun[mask] += 1
        self._totals[mask] = 0.0
        self._steps = np.where(mask, 0, self._steps)
        self._observation, infos = self._vector.reset(seed=seeds, options={"reset_mask": mask})
        for index in np.flatnonzero(mask):
            self._sentences[index] = infos["instruction"][index]

    def _episode_seed(self, index: int) -> int:
        seed, iteration, first = self._key
        key = (_ENV, seed, iteration, first + index, int(self._begun[index]))
        return int(np.random.SeedSequence(key).generate_state(1)[0] >> 1)

    def _see(self, observation: Mapping[str, NDArray[Any]], which: Any) -> Seen:
        sentences = np.array(self._sentences, dtype=object)[which].tolist()
        image = torch.from_numpy(observation["image"][which].copy())
        state = torch.from_numpy(observation["proprioception"][which].copy())
        seen = self._policy.see(image, state, *self._speech(sentences))
        truth = torch.from_numpy(observation["truth"][which].copy())
        return seen._replace(truth=truth.to(self._policy.device))


def _joined(parts: Sequence[dict[str, Any]]) -> Rollout:
    """The groups side by side."""
    first = parts[0]
    trace = {key: torch.cat([part["trace"][key] for part in parts], 1) for key in first["trace"]}
    episodes = tuple(episode for part in parts for episode in part["episodes"])
    tensors = {key: torch.cat([part[key] for part in parts], 1)
               for key in first if key not in ("trace", "episodes")}  # fmt: skip
    return Rollout(**tensors, trace=trace, episodes=episodes)
