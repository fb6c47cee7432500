# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Many environments on few processes, with observations in shared memory.

Gymnasium's asynchronous vector environment runs one process for each environment, which costs
100 MB and a context switch every step. Here every process steps its share one after the other
and writes what it sees where the caller reads it. What an environment does depends on its seed
alone, never on the number of processes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector import VectorEnv as GymnasiumVectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_sim.env import RlcoEnv
from rlco_sim.vector_memory import Arrays, bytes_of, layout_of, views
from rlco_sim.vector_worker import start

#: Types of what infos say that have arrays of their own.
_ARRAYS = (bool, int, float)


class VectorEnv(GymnasiumVectorEnv[Any, Any, Any]):
    """``num_envs`` copies of ``RlcoEnv`` on ``workers`` processes.

    Nothing resets by itself: after an episode's end, pass ``options={"reset_mask": mask}`` to
    ``reset``, as Gymnasium has it for AutoresetMode.DISABLED. Observations, rewards and flags
    that are returned are views of the shared memory: copy what is to outlive the next call.

    Args:
        num_envs: how many.
        workers: processes; at most one for each environment.
        env: arguments of ``RlcoEnv``.
    """

    def __init__(self, num_envs: int, workers: int, **env: Any) -> None:
        if num_envs < 1 or workers < 1:
            raise ConfigError("num_envs and workers must be at least 1")
        single = RlcoEnv(**env)
        self.single_observation_space = single.observation_space
        self.single_action_space = single.action_space
        self.reward_span = single.reward_span
        self.max_steps = single.session.max_steps
        single.close()
        self.num_envs = num_envs
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.metadata = {**RlcoEnv.metadata, "autoreset_mode": AutoresetMode.DISABLED}
        layout = layout_of(self.single_observation_space, self.single_action_space)
        self._memory = SharedMemory(create=True, size=bytes_of(layout, num_envs))
        self._arrays = views(self._memory, layout, num_envs)
        self._observations = {k: self._arrays[k] for k in self.single_observation_space}  # type: ignore[attr-defined]
        try:
            self._workers = start(env, layout, self._memory.name, num_envs, min(workers, num_envs))
        except BaseException:
            self._free()
            raise

    @property
    def pids(self) -> tuple[int, ...]:
        """Ids of the processes."""
        return tuple(worker.pid for worker in self._workers)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Arrays, dict[str, Any]]:
        """Starts episodes in all environments, or in those of ``options["reset_mask"]``.

        Args:
            seed: one number (environment i gets seed + i), or one for each environment.
            options: ``reset_mask`` (num_envs,) bool; the rest goes to every environment.
        """
        chosen = dict(options or {})
        mask = np.asarray(chosen.pop("reset_mask", np.ones(self.num_envs, dtype=bool)))
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_:
            raise ConfigError(f"reset_mask must be ({self.num_envs},) bool, is {mask.shape}")
        seeds = self._seeds(seed)
        jobs = {int(i): (seeds[i], chosen) for i in np.flatnonzero(mask)}
        self._tell("reset", jobs)
        return self._observations, _merged(self._answers(), self.num_envs)

    def step(
        self, actions: NDArray[np.float32]
    ) -> tuple[Arrays, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """One decision in every environment; ``actions`` is (num_envs, execute, 7) float32."""
        self.step_async(actions)
        return self.step_wait()

    def step_async(self, actions: NDArray[np.float32]) -> None:
        """Sets a decision going, and does not wait; ``step_wait`` must come next."""
        self._arrays["action"][:] = actions
        self._tell("step", dict.fromkeys(range(self.num_envs)))

    def step_wait(
        self,
    ) -> tuple[Arrays, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """What came of ``step_async``."""
        infos = _merged(self._answers(), self.num_envs)
        arrays = self._arrays
        return (
            self._observations,
            arrays["reward"],
            arrays["terminated"],
            arrays["truncated"],
            infos,
        )

    def close_extras(self, **_: Any) -> None:
        """Ends the processes and frees the shared memory."""
        for worker in self._workers:
            worker.stop()
        self._free()

    def _free(self) -> None:
        self._arrays, self._observations = {}, {}
        self._memory.close()
        self._memory.unlink()

    def _seeds(self, seed: int | Sequence[int | None] | None) -> list[int | None]:
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, int | np.integer):
            return list(range(int(seed), int(seed) + self.num_envs))
        if len(seed) != self.num_envs:
            raise ConfigError(f"{len(seed)} seeds for {self.num_envs} environments")
        return list(seed)

    def _tell(self, word: str, jobs: Mapping[int, Any]) -> None:
        """Hands every worker its jobs."""
        for worker in self._workers:
            worker.send(word, {i: job for i, job in jobs.items() if i in worker.indices})

    def _answers(self) -> dict[int, dict[str, Any]]:
        """Waits for all workers; environment -> info."""
        return {i: info for worker in self._workers for i, info in worker.receive().items()}


def _merged(infos: Mapping[int, Mapping[str, Any]], num_envs: int) -> dict[str, Any]:
    """Gymnasium's form: key -> one entry for each environment, and ``_key``: who has one. Numbers
    and flags are in arrays of their type, with zeros where there is none.
    """
    keys = {key for info in infos.values() for key in info}
    merged: dict[str, Any] = {}
    for key in sorted(keys):
        kinds = {type(info[key]) for info in infos.values()}
        kind = kinds.pop() if len(kinds) == 1 else object
        entries = np.full(num_envs, None) if kind not in _ARRAYS else np.zeros(num_envs, kind)
        for i, info in infos.items():
            entries[i] = info[key]
        merged[key] = entries
        merged[f"_{key}"] = np.array([i in infos for i in range(num_envs)])
    return merged
