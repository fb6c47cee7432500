# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A process that steps some environments of a vector environment."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import signal
import weakref
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np

from rlco_core.errors import RlcoError
from rlco_sim.env import RlcoEnv
from rlco_sim.scene import Task
from rlco_sim.tasks import register, task_class
from rlco_sim.vector_memory import Arrays, Layout, views

_TIMEOUT = 120.0
#: Processes are forked from one that has imported this module once, which takes seconds.
_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload([__name__])


class WorkerError(RlcoError):
    """A worker process failed or fell silent."""


class Worker:
    """The caller's end of one process."""

    def __init__(self, indices: range, arguments: tuple[Any, ...]) -> None:
        self.indices = indices
        self._pipe, theirs = _FORKED.Pipe()
        # The process that forks keeps signals of its own from others than the caller's.
        kept = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._process = _FORKED.Process(
            target=_serve, args=(theirs, kept, indices, *arguments), daemon=True
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


def start(
    env: dict[str, Any], layout: Layout, memory: str, num_envs: int, workers: int
) -> list[Worker]:
    """Processes with equal shares of the environments, all of them ready."""
    edges = np.linspace(0, num_envs, workers + 1).round().astype(int)
    shares = [range(int(a), int(b)) for a, b in itertools.pairwise(edges)]
    task = task_class(env["task"])
    started = [Worker(share, (task, env, layout, memory, num_envs)) for share in shares]
    try:
        for worker in started:
            worker.receive()
    except WorkerError as error:
        raise WorkerError(
            f'{error} at its start; a script needs `if __name__ == "__main__":` around what it '
            "does, as processes import it"
        ) from error
    return started


def _serve(
    pipe: Connection,
    kept: set[signal.Signals],
    indices: range,
    task: type[Task],
    env: dict[str, Any],
    layout: Layout,
    memory: str,
    num_envs: int,
) -> None:
    """The process: steps its environments until it is told to close; ``kept`` from it are signals
    that the caller had kept from children when it started it.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, kept)
    block = SharedMemory(name=memory)
    arrays = views(block, layout, num_envs)
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


def _work(env: RlcoEnv, word: str, job: Any, arrays: Arrays, index: int) -> dict[str, Any]:
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
