# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco train rlco: Stage II, reinforcement in simulation, anchored on real demonstrations.

L = L_PPO(sim) + beta * L_SFT(real), both in the same optimiser step (arXiv 2602.12628).
"""

from __future__ import annotations

import copy
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from rlco_core.errors import RlcoError
from rlco_trainer.arguments import parse_with_file
from rlco_trainer.learning.anchor import Anchor
from rlco_trainer.learning.collector import Collector
from rlco_trainer.learning.curves import Curves
from rlco_trainer.learning.datasets import Share
from rlco_trainer.learning.device import device
from rlco_trainer.learning.film import Film
from rlco_trainer.learning.frames import ContextSource, held_out_loss
from rlco_trainer.learning.imitation import CHECKPOINT
from rlco_trainer.learning.reinforce import ReinforceConfig, Reinforcement
from rlco_trainer.learning.shelf import Shelf
from rlco_trainer.learning.trial import Trial
from rlco_trainer.policies.explore import explore_by
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.policy_file import load_policy, save_policy
from rlco_trainer.settings import DeviceName, keep_settings
from rlco_trainer.train_sft import ImageConfig

_EVALUATION_SEED = 5_000_000
_SIDE_BY_SIDE, _FILMED = 64, 4


@dataclass(frozen=True)
class RlcoConfig:
    """Stage II from a policy of Stage I.

    Attributes:
        out: directory of the run; gets policy.safetensors, and in videos/ films of the
            evaluations. A run that was stopped, however hard, goes on from its checkpoint.
        policy: of Stage I.
        real: LeRobot v3.0 dataset of real demonstrations.
        real_episodes: how many of them are used, the held-out ones included; 0 for all.
        task, domain, robot: of the simulation.
        reward: of the simulation, see ``RlcoEnv``.
        share: how real frames are drawn; ``early`` is not used.
        augment: how real images are varied.
        device: where it is trained.
        evaluate_every: iterations between evaluations in the simulation; 0 for none.
        evaluation_episodes: of each evaluation.
        reinforce: the settings of training.
    """

    out: Path
    policy: Path
    real: Path
    real_episodes: int = 0
    task: str = "push_cube"
    domain: str = "twin"
    robot: str = "panda"
    reward: Literal["sparse", "milestone", "shaped"] = "shaped"
    share: Share = field(default_factory=Share)
    augment: ImageConfig = field(default_factory=ImageConfig)
    device: DeviceName = "auto"
    evaluate_every: int = 10
    evaluation_episodes: int = 64
    reinforce: ReinforceConfig = field(default_factory=ReinforceConfig)


def rlco(config: RlcoConfig, shelf: Shelf | None = None) -> Policy:
    """Trains, or goes on training, until all iterations are done; writes the policy.

    Args:
        config: of the run.
        shelf: of datasets at hand.
    Raises:
        RlcoError: the dataset or the policy cannot be read, or the run had other settings.
    """
    settings = config.reinforce
    torch.set_num_threads(settings.threads)
    policy, about = load_policy(config.policy)
    explore_by(policy, settings.explore)
    policy.to(device(config.device))
    start = copy.deepcopy(policy).requires_grad_(False)
    shelf = shelf or Shelf()
    real = shelf.dataset(config.real, config.real_episodes)
    trained, held_out = real.data.split(config.share.held_out)
    source = shelf.contexts(
        policy, real, config.augment.copies, config.augment.strength, settings.seed
    )
    keep_settings(config, config.out / "config.yaml", (config.out / CHECKPOINT).exists())
    env: dict[str, object] = {"task": config.task, "domain": config.domain, "robot": config.robot}
    env["execute"] = policy.execute
    with ExitStack() as stack:
        collector = stack.enter_context(
            Collector(
                {**env, "reward": config.reward},
                settings.envs,
                settings.decisions,
                settings.groups,
                settings.seed,
            )
        )
        anchor = Anchor(settings.anchor, source, trained, start)
        run = Reinforcement(policy, collector, anchor, settings, config.out)
        watch = Watch(config, source.plain, held_out, env, run.iteration)
        stack.callback(watch.close)
        result = run.run(watch)
    episodes = settings.iterations * settings.envs
    more: dict[str, str | int | float] = {
        "stage": "rlco" if settings.anchor.beta else "rl",
        "beta": settings.anchor.beta,
        "iterations": settings.iterations,
        "rollouts": episodes,
        "rlco_command": shlex.join(["rlco", *sys.argv[1:]]),
    }
    save_policy(result, config.out / "policy.safetensors", {**about, **more})
    return result


class Watch:
    """Looks at a run from outside: loss on held-out real demonstrations, success in the twin.

    Args:
        done: iterations of the run that are done.
    """

    def __init__(
        self,
        config: RlcoConfig,
        source: ContextSource,
        held_out: NDArray[np.int64],
        env: Mapping[str, object],
        done: int,
    ) -> None:
        self._config, self._source, self._held_out = config, source, held_out
        self._curves = Curves(config.out / "watch", done)
        self._trial: Trial | None = None
        if config.evaluate_every:
            self._trial = Trial(env, min(config.evaluation_episodes, _SIDE_BY_SIDE))

    def __call__(self, iteration: int, figures: Mapping[str, float], policy: Policy) -> None:
        """Called after every iteration with the averaged policy."""
        if len(self._held_out):
            loss = held_out_loss(policy, self._source, self._held_out)
            self._curves.add("real/held_out_loss", loss, iteration)
        if self._trial is not None and iteration % self._config.evaluate_every == 0:
            self._evaluate(self._trial, iteration, policy)
        self._curves.flush()

    def close(self) -> None:
        """Ends the processes."""
        if self._trial is not None:
            self._trial.close()

    def _evaluate(self, trial: Trial, iteration: int, policy: Policy) -> None:
        seeds = range(_EVALUATION_SEED, _EVALUATION_SEED + self._config.evaluation_episodes)
        film = Film(_FILMED)
        outcomes = trial.run(policy, seeds, film)
        rate = sum(outcome.success for outcome in outcomes) / len(outcomes)
        self._curves.add("twin/success", rate, iteration)
        path = self._config.out / "videos" / f"iteration_{iteration:04d}.mp4"
        try:
            film.write(path, outcomes, policy.execute)
        except RlcoError as error:  # no reason to lose the iteration
            print(error, file=sys.stderr)


def main(arguments: Sequence[str]) -> None:
    """rlco train rlco"""
    config = parse_with_file(RlcoConfig, arguments, "train rlco")
    rlco(config)
    print(f"policy: {config.out}/policy.safetensors")
