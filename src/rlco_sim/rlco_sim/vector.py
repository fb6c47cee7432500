# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Many environments on few processes, with observations in shared memory.

Gymnasium's asynchronous vector environment runs one process for each environment, which costs
100 MB and a context switch every step. Here every process steps its share one after the other
and writes what it sees where the caller reads it. What an environment does depends on its seed
alone, never on the number of processes.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import weakref
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from typing import Any, TypeAlias

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from gymnasium.vector import VectorEnv as GymnasiumVectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from rlco_core.errors import ConfigError, RlcoError
from rlco_sim.env import RlcoEnv
from rlco_sim.scene import Task
from rlco_sim.tasks import register, task_class

_TIMEOUT = 120.0
_Arrays: TypeAlias = dict[str, NDArray[Any]]
_Infos: TypeAlias = list[dict[str, Any]]
#: Name -> shape and type of one environment's entry in the shared block.
_Layout: TypeAlias = Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]]


class WorkerError(RlcoError):
    """A worker process failed or fell silent."""


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
        layout = _layout(self.single_observation_space, self.single_action_space)
        self._memory = SharedMemory(create=True, size=_bytes(layout, num_envs))
        self._arrays = _views(self._memory, layout, num_envs)
        self._observations = {k: self._arrays[k] for k in self.single_observation_space}  # type: ignore[attr-defined]
        self._workers = _start(env, layout, self._memory.name, num_envs, min(workers, num_envs))

    @property
    def pids(self) -> tuple[int, ...]:
        """Ids of the processes."""
        return tuple(worker.pid for worker in self._workers)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[_Arrays, dict[str, Any]]:
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
    ) -> tuple[_Arrays, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """One decision in every environment; ``actions`` is (num_envs, execute, 7) float32."""
        self.step_async(actions)
        return self.step_wait()

    def step_async(self, actions: NDArray[np.float32]) -> None:
        """Sets a decision going, and does not wait; ``step_wait`` must come next."""
        self._arrays["action"][:] = actions
        self._tell("step", dict.fromkeys(range(self.num_envs)))

    def step_wait(
        self,
    ) -> tuple[_Arrays, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
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
        self._arrays, self._observations = {}, {}
        self._memory.close()
        self._memory.unlink()

    def _seeds(self, seed: int | Sequence[int | None] | None) -> list[int | None]:
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, int):
            return list(range(seed, seed + self.num_envs))
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


class _Worker:
    """The caller's end of one process."""

    def __init__(self, indices: range, arguments: tuple[Any, ...]) -> None:
        context = multiprocessing.get_context("spawn")
        self.indices = indices
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, indices, *arguments), daemon=True
        )
        self._process.start()
        # Children may ignore signals; a caller that ends without closing would wait for them.
        weakref.finalize(self, self._process.kill)
        theirs.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def send(self, word: str, jobs: Mapping[int, Any]) -> None:
        try:
            self._pipe.send((word, jobs))
        except OSError as error:
            raise WorkerError(f"the process of environments {self.indices} died") from error

    def receive(self) -> dict[int, dict[str, Any]]:
        if not self._pipe.poll(_TIMEOUT):
            raise WorkerError(f"environments {self.indices} are silent for {_TIMEOUT:.0f} s")
        try:
            answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise WorkerError(f"the process of environments {self.indices} died") from error
        if isinstance(answer, Exception):
            raise WorkerError(str(answer)) from answer
        found: dict[int, dict[str, Any]] = answer
        return found

    def stop(self) -> None:
        with contextlib.suppress(OSError):  # it may be gone already
            self._pipe.send(("close", {}))
        self._process.join(5.0)
        if self._process.is_alive():
            self._process.kill()


def _start(
    env: dict[str, Any], layout: _Layout, memory: str, num_envs: int, workers: int
) -> list[_Worker]:
    """Processes with equal shares of the environments, all of them ready."""
    edges = np.linspace(0, num_envs, workers + 1).round().astype(int)
    shares = [range(int(a), int(b)) for a, b in itertools.pairwise(edges)]
    task = task_class(env["task"])
    started = [_Worker(share, (task, env, layout, memory, num_envs)) for share in shares]
    for worker in started:
        worker.receive()
    return started


def _serve(
    pipe: Connection,
    indices: range,
    task: type[Task],
    env: dict[str, Any],
    layout: _Layout,
    memory: str,
    num_envs: int,
) -> None:
    """The process: steps its environments until it is told to close."""
    block = SharedMemory(name=memory)
    arrays = _views(block, layout, num_envs)
    try:
        register(task)
        envs = {i: RlcoEnv(**env) for i in indices}
        pipe.send({})
        while True:
            word, jobs = pipe.recv()
            if word == "close":
                break
            pipe.send({i: _work(envs[i], word, job, arrays, i) for i, job in jobs.items()})
    except (EOFError, KeyboardInterrupt):
        pass
    except Exception as error:  # handed to the caller, who can say where it was asked for
        pipe.send(error)
    finally:
        arrays.clear()
        block.close()


def _work(env: RlcoEnv, word: str, job: Any, arrays: _Arrays, index: int) -> dict[str, Any]:
    """One reset or step of one environment; everything but the info goes to shared memory."""
    if word == "reset":
        seed, options = job
        observation, info = env.reset(seed=seed, options=options)
        reward, terminated, truncated = 0.0, False, False
    else:
        observation, reward, terminated, truncated, info = env.step(arrays["action"][index])
    for key, value in observation.items():
        arrays[key][index] = value
    arrays["reward"][index] = reward
    arrays["terminated"][index], arrays["truncated"][index] = terminated, truncated
    return info


def _layout(observation: spaces.Space[Any], action: spaces.Space[Any]) -> _Layout:
    assert isinstance(observation, spaces.Dict)
    parts = {key: (space.shape or (), np.dtype(space.dtype)) for key, space in observation.items()}
    return {
        **parts,
        "action": (action.shape or (), np.dtype(np.float32)),
        "reward": ((), np.dtype(np.float64)),
        "terminated": ((), np.dtype(np.bool_)),
        "truncated": ((), np.dtype(np.bool_)),
    }


def _bytes(layout: _Layout, num_envs: int) -> int:
    return sum(_padded(shape, kind, num_envs) for shape, kind in layout.values())


def _padded(shape: tuple[int, ...], kind: np.dtype[Any], num_envs: int) -> int:
    """Bytes of one array, filled up so that the next begins on a cache line."""
    return -(-num_envs * int(np.prod(shape)) * kind.itemsize // 64) * 64


def _views(memory: SharedMemory, layout: _Layout, num_envs: int) -> _Arrays:
    arrays, offset = {}, 0
    for name, (shape, kind) in layout.items():
        arrays[name] = np.ndarray((num_envs, *shape), kind, memory.buf, offset)
        offset += _padded(shape, kind, num_envs)
    return arrays


def _merged(infos: Mapping[int, Mapping[str, Any]], num_envs: int) -> dict[str, Any]:
    """Gymnasium's form: key -> one entry for each environment, and ``_key``: who has one."""
    keys = {key for info in infos.values() for key in info}
    merged: dict[str, Any] = {}
    for key in sorted(keys):
        entries = np.full(num_envs, None, dtype=object)
        for i, info in infos.items():
            entries[i] = info[key]
        merged[key] = entries
        merged[f"_{key}"] = np.array([i in infos for i in range(num_envs)])
    return merged
