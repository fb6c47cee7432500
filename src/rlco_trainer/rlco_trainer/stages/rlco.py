# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco train rlco: Stage II, reinforcement in simulation, anchored on real demonstrations.

L = L_PPO(sim) + beta * L_SFT(real), both in the same optimiser step (arXiv 2602.12628).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch

from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig
from rlco_trainer.arguments import parse_with_file, this_command
from rlco_trainer.files import alone_in
from rlco_trainer.inputs import keep_run, of_demonstrations, of_domain, of_file, of_robot
from rlco_trainer.learning.anchor import Anchor
from rlco_trainer.learning.augment import ImageConfig
from rlco_trainer.learning.checkpoint import CHECKPOINT
from rlco_trainer.learning.collector import Collector
from rlco_trainer.learning.datasets import Loaded, Share
from rlco_trainer.learning.device import device
from rlco_trainer.learning.reinforce import ReinforceConfig, Reinforcement
from rlco_trainer.learning.shelf import Shelf
from rlco_trainer.learning.sources import held_out_loss
from rlco_trainer.learning.watch import Watch, WatchConfig
from rlco_trainer.policies.explore import explore_by
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.policy_file import About, load_policy, save_policy
from rlco_trainer.settings import DeviceName


@dataclass(frozen=True)
class RlcoConfig:
    """Stage II from a policy of Stage I.

    Attributes:
        out: directory of the run; gets policy.safetensors, and in videos/ films of trials. A run
            that was stopped, however hard, goes on from its checkpoint.
        policy: of Stage I.
        real: LeRobot v3.0 dataset of real demonstrations.
        real_episodes: how many of them are used, the held-out ones included; 0 for all.
        task: push_cube, pick_place, open_drawer or close_drawer.
        domain: of the simulation: a name (`rlco domain list`), or a file of your own.
        robot: the arm: panda, fr3, ur5e, or a file of your own.
        reward: of the simulation, see ``RlcoEnv``.
        share: how real frames are drawn; ``early`` is not used.
        augment: how real images are varied.
        device: where it is trained.
        watch: how often the policy is tried in the simulation.
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
    watch: WatchConfig = field(default_factory=lambda: WatchConfig(every=10, episodes=64))
    reinforce: ReinforceConfig = field(default_factory=ReinforceConfig)


def rlco(config: RlcoConfig, shelf: Shelf | None = None) -> Policy:
    """Trains, or goes on training, until all iterations are done; writes the policy.

    Args:
        config: of the run.
        shelf: of datasets at hand.

    Raises:
        RlcoError: the dataset or the policy cannot be read or is of another task or arm, or the
            run had other settings.
    """
    settings = config.reinforce
    torch.set_num_threads(settings.threads)
    policy, before = load_policy(config.policy)
    explore_by(policy, settings.explore)
    policy.to(device(config.device))
    start = copy.deepcopy(policy).requires_grad_(False)
    shelf = shelf or Shelf()
    real = shelf.dataset(config.real, config.real_episodes)
    arm = RobotConfig.load(config.robot).name
    _require_one(config, arm, real, before)
    trained, held_out = real.data.split(config.share.held_out)
    source = shelf.contexts(
        policy, real, config.augment.copies, config.augment.strength, settings.seed
    )
    keep_run(config, (config.out / CHECKPOINT).exists(), _inputs(config, real))
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
        measures = {}
        if len(held_out):
            measures["real/held_out_loss"] = lambda now: held_out_loss(now, source.plain, held_out)
        watch = stack.enter_context(
            Watch(config.out, env, config.watch, settings.iterations, run.iteration, measures)
        )
        result = run.run(watch)
    about: dict[str, str | int | float] = {
        "tasks": config.task,
        "robots": arm,
        "stage": "rlco" if settings.anchor.beta else "rl",
        "beta": settings.anchor.beta,
        "anchor_episodes": real.episodes - config.share.held_out if settings.anchor.beta else 0,
        "iterations": settings.iterations,
        "rollouts": settings.iterations * settings.envs,
        "rollout_domain": Path(config.domain).stem,
        "rlco_command": this_command(),
    }
    save_policy(result, config.out / "policy.safetensors", {**before, **about})
    return result


def _inputs(config: RlcoConfig, real: Loaded) -> dict[str, str]:
    """Digests of what is trained on, from and in."""
    return {
        "policy": of_file(config.policy),
        "real": of_demonstrations(real.data),
        "domain": of_domain(config.domain),
        "robot": of_robot(config.robot),
    }


def _require_one(config: RlcoConfig, arm: str, real: Loaded, before: About) -> None:
    """One task and arm in simulation, in real demonstrations and in the policy of Stage I.

    Raises:
        ConfigError: they differ.
    """
    for what, wanted, found, known in (
        ("task", config.task, real.task, before.get("tasks")),
        ("robot", arm, real.robot, before.get("robots")),
    ):
        if found != wanted:
            raise ConfigError(f"--{what} is {wanted}, but the demonstrations are of {found}")
        if known is not None and wanted not in str(known).split():
            raise ConfigError(f"--{what} is {wanted}, but the policy knows {known}")


def main(arguments: Sequence[str]) -> None:
    """rlco train rlco"""
    config = parse_with_file(RlcoConfig, arguments, "train rlco")
    with alone_in(config.out):
        rlco(config)
    print(f"policy: {config.out}/policy.safetensors")
