# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What ``rlco bench train`` measures: where an iteration of Stage II goes, and PPO on images."""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import numpy as np
import torch

from rlco_sim.camera import Camera, Image
from rlco_sim.env import RlcoEnv
from rlco_trainer.bench.plain_policy import PlainPolicy
from rlco_trainer.bench.sim_speed import calm
from rlco_trainer.demonstrations.demonstrate import Demonstrator, World
from rlco_trainer.learning.anchor import Anchor, AnchorConfig
from rlco_trainer.learning.batches import Demonstrations
from rlco_trainer.learning.collector import Collector, Rollout
from rlco_trainer.learning.datasets import Loaded, fit
from rlco_trainer.learning.ppo import PpoConfig
from rlco_trainer.learning.reinforce import ReinforceConfig, Reinforcement
from rlco_trainer.learning.sources import ContextSource
from rlco_trainer.policies.explore import explore_by
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.policy_file import FAMILIES

_TASK, _ROBOT, _TWIN, _REAL = "push_cube", "panda", "twin", "stand_in"
_ENV: Mapping[str, Any] = {"task": _TASK, "domain": _TWIN, "robot": _ROBOT, "reward": "shaped"}
_DEMONSTRATIONS = 2
#: Decisions in which one environment shows how it divides its time.
_ALONE = 30
_CORES = os.cpu_count() or 1
_TICK = 1.0 / os.sysconf("SC_CLK_TCK")
# As many physics steps per control step as panda-gym has.
_DOMAIN = "name: bench_20\nextends: twin\nphysics: {substeps: 20}\n"


@dataclass(frozen=True)
class Spent:
    """Seconds since some moment.

    Attributes:
        wall: by the clock.
        main: CPU time of this process with all its threads.
        workers: CPU time of the processes of environments.
    """

    wall: float
    main: float
    workers: float

    @classmethod
    def now(cls, pids: tuple[int, ...]) -> Spent:
        """Everything so far; ``pids`` are the workers."""
        return cls(time.perf_counter(), time.process_time(), sum(map(_cpu_time, pids)))

    def since(self, before: Spent) -> Spent:
        """What was spent between two moments."""
        return Spent(
            self.wall - before.wall, self.main - before.main, self.workers - before.workers
        )


def _cpu_time(pid: int) -> float:
    """Seconds on a core, of a process with all its threads."""
    # The name in brackets may hold anything; user and system time are fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


@dataclass(frozen=True)
class Iteration:
    """Where an iteration of Stage II went.

    Attributes:
        seconds: its length.
        shares: of its length times all cores; they add up to 1. ``physics`` and ``render``: CPU
            time of the processes of environments, everything but images (resets included), and
            images; ``inference`` and ``update``: that of the main process, while it collects and
            while it learns; ``idle``: the rest. What other programs take counts there, too.
    """

    seconds: float
    shares: Mapping[str, float]

    @classmethod
    def of(cls, collecting: Spent, updating: Spent, images: float) -> Iteration:
        """From both phases; ``images`` is their share in the work of an environment."""
        seconds = collecting.wall + updating.wall
        workers = collecting.workers + updating.workers
        spent = {
            "physics": workers * (1.0 - images),
            "render": workers * images,
            "inference": collecting.main,
            "update": updating.main,
        }
        whole = seconds * _CORES
        spent["idle"] = whole - sum(spent.values())
        return cls(seconds, {name: part / whole for name, part in spent.items()})


@contextmanager
def stage_two(envs: int, decisions: int) -> Iterator[Mapping[str, Callable[[], Iteration]]]:
    """What plays and measures one iteration of Stage II, by family, all with default settings.

    An iteration has been played before: in it everything warms up, and only values are learned.
    """
    env = {**_ENV, "execute": 4}
    real = demonstrations()
    collector = _Watched(env, envs, decisions, groups=2, seed=0)
    with (
        collector,
        closing(RlcoEnv(**env)) as alone,
        tempfile.TemporaryDirectory(prefix="rlco_bench_") as out,
    ):
        image_share(alone, _ALONE)
        jobs = {}
        for family in FAMILIES:
            run = _reinforcement(family, collector, real, Path(out) / family)
            run.one_iteration()
            jobs[family] = partial(_measured, run, collector, alone)
        yield jobs


class _Watched(Collector):
    """A collector that knows when it was done, and what had been spent by then."""

    done: Spent

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes of environments."""
        return tuple(pid for vector in self._vectors for pid in vector.pids)

    def collect(self, policy: Policy, iteration: int) -> Rollout:
        """See ``Collector.collect``."""
        rollout = super().collect(policy, iteration)
        self.done = Spent.now(self.pids)
        return rollout


def _measured(run: Reinforcement, collector: _Watched, alone: RlcoEnv) -> Iteration:
    """One iteration, and right after it how an environment divides its time."""
    before = Spent.now(collector.pids)
    run.one_iteration()
    after = Spent.now(collector.pids)
    done = collector.done
    return Iteration.of(done.since(before), after.since(done), image_share(alone, _ALONE))


def image_share(env: RlcoEnv, decisions: int) -> float:
    """Which part of its CPU time an environment spends on images."""
    render, images, rng = Camera.render, 0.0, np.random.default_rng(0)

    def timed(camera: Camera, *how: Any) -> Image:
        nonlocal images
        started = time.thread_time()
        image = render(camera, *how)
        images += time.thread_time() - started
        return image

    with patch.object(Camera, "render", timed):
        started = time.thread_time()
        env.reset(seed=0)
        for _ in range(decisions):
            _, _, terminated, truncated, _ = env.step(calm(rng, 4))
            if terminated or truncated:
                env.reset()
        return images / (time.thread_time() - started)


def demonstrations() -> Demonstrations:
    """A few of the expert's episodes where the real world is played."""
    demonstrator = Demonstrator(World(_TASK, _REAL, _ROBOT), human=1.0, disturbance=1.0)
    played = [demonstrator.run(seed) for seed in range(_DEMONSTRATIONS)]
    return Demonstrations.build(
        np.concatenate([one.images for one in played]),
        np.concatenate([one.states for one in played]),
        np.concatenate([one.actions for one in played]),
        [len(one.actions) for one in played],
        [one.instruction for one in played],
    )


def new_policy(family: str, real: Demonstrations) -> Policy:
    """An untrained policy of default size whose every move is small enough to be safe."""
    torch.manual_seed(0)
    config, made = FAMILIES[family]
    policy: Policy = made(config())
    moves = calm(np.random.default_rng(0), len(real.actions))
    fit(policy, [Loaded(replace(real, actions=moves), _ROBOT, _TASK, _REAL)])
    return policy


def _reinforcement(
    family: str, collector: Collector, real: Demonstrations, out: Path
) -> Reinforcement:
    """A run with default settings; every update goes to its end, so that all do the same work."""
    policy = new_policy(family, real)
    config = ReinforceConfig(most_kl=math.inf)
    explore_by(policy, config.explore)
    source, frames = ContextSource.build(policy, real), np.arange(len(real.actions))
    return Reinforcement(
        policy, collector, Anchor(config.anchor, source, frames, policy), config, out
    )


class Frames:
    """PPO on images: a rollout with an image every control step, and the update on it.

    What looks stays as it is. We look at every image once and keep the features, which
    Stable-Baselines3 computes again in every epoch.

    Args:
        envs, decisions: of a rollout.
    """

    def __init__(self, envs: int = 8, decisions: int = 128) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="rlco_bench_")
        out = Path(self._folder.name)
        domain = out / "bench_20.yaml"
        domain.write_text(_DOMAIN, encoding="utf-8")
        env = {**_ENV, "domain": str(domain), "execute": 1}
        self._collector = Collector(env, envs, decisions, groups=2, seed=0)
        self._count = envs * decisions
        config = ReinforceConfig(
            epochs=4,
            batch=256,
            learning_rate=3e-4,
            most_kl=math.inf,
            value_iterations=0,
            value_epochs=4,
            value_batch=256,
            ppo=PpoConfig(ratio="chunk"),
            anchor=AnchorConfig(beta=0.0),
        )
        policy = cast(Policy, PlainPolicy())
        # Nothing is drawn from an anchor that has no weight.
        nothing: Any = None
        anchor = Anchor(config.anchor, nothing, np.arange(0), policy)
        self._run = Reinforcement(policy, self._collector, anchor, config, out)
        self._run.one_iteration()

    def measure(self, seconds: float) -> float:
        """Frames per second, of whole rollouts with their updates."""
        frames, started = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - started) < seconds:
            self._run.one_iteration()
            frames += self._count
        return frames / elapsed

    def close(self) -> None:
        """Ends the processes."""
        self._collector.__exit__()
        self._folder.cleanup()
