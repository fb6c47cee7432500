# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco train sft: Stage I, supervised training on real and simulated demonstrations.

L = alpha * L(sim) + (1 - alpha) * L(real) (arXiv 2602.12628): every sample is simulated with
probability alpha. Real-only and sim-only are alpha 0 and 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_trainer.arguments import parse_with_file, this_command
from rlco_trainer.files import alone_in
from rlco_trainer.inputs import keep_run, of_demonstrations, of_file
from rlco_trainer.learning.augment import ImageConfig
from rlco_trainer.learning.checkpoint import CHECKPOINT
from rlco_trainer.learning.datasets import Loaded, Share, fit, portions
from rlco_trainer.learning.device import device
from rlco_trainer.learning.imitation import Imitation, ImitationConfig
from rlco_trainer.learning.shelf import Shelf
from rlco_trainer.learning.sources import ImageSource, Mixture, Portion, Source
from rlco_trainer.learning.watch import Watch, WatchConfig
from rlco_trainer.policies.lengthen import lengthened
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.policy_file import BASES, FAMILIES, load_policy, save_policy
from rlco_trainer.settings import DeviceName

#: From a base that ships: few steps, of the expert alone; with more it learns its demonstrations by
#: heart.
ACTING = ImitationConfig(steps=300, batch=256, learning_rate=5e-4, warm_up=60, expert_only=True)


@dataclass(frozen=True)
class SftConfig:
    """Stage I on simulated demonstrations, real ones, or both.

    Attributes:
        out: directory of the run; gets policy.safetensors, and in videos/ films of trials. A run
            that was stopped, however hard, goes on from its checkpoint.
        sim: LeRobot v3.0 dataset of simulated demonstrations.
        real: the same of real ones. Of the one without a share only held-out episodes are measured.
        policy: what training starts from: ``base`` for the one of ``family`` that ships, ``new``
            for one that knows nothing, or a file.
        family: token or flow, where ``policy`` is not a file.
        horizon: rows of a chunk, as many as ``policy`` has or more; 0 for as many.
        alpha: share of simulated samples, where there are both.
        real_episodes: how many of the real episodes are used, the held-out ones included; 0 for
            all.
        threads: parts of a batch on the CPU, a core for each.
        device: where it is trained.
        robot: the arm, where the datasets' is none that ships: a YAML.
        domain: of the simulation in which the policy is tried.
        watch: how often it is tried there.
        share: how frames are drawn.
        augment: how real images are varied.
        imitation: the settings of training; the defaults are for a policy that was trained before.
    """

    out: Path
    sim: Path | None = None
    real: Path | None = None
    policy: str = "base"
    family: Literal["token", "flow"] = "token"
    horizon: int = 0
    alpha: float = 0.5
    real_episodes: int = 0
    threads: int = 2
    device: DeviceName = "auto"
    robot: str = ""
    domain: str = "twin"
    watch: WatchConfig = field(default_factory=lambda: WatchConfig(every=2_000, episodes=32))
    share: Share = field(default_factory=Share)
    augment: ImageConfig = field(default_factory=ImageConfig)
    imitation: ImitationConfig = field(default_factory=lambda: ACTING)


def sft(config: SftConfig, shelf: Shelf | None = None) -> Policy:
    """Trains, or goes on training, until all steps are done; writes the policy.

    Args:
        config: of the run.
        shelf: of datasets at hand.

    Raises:
        RlcoError: a dataset or the policy cannot be read, or the run had other settings.
    """
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.imitation.seed)
    shelf = shelf or Shelf()
    loaded = _loaded(config, shelf)
    policy = _start(config, list(loaded.values())).to(device(config.device))
    mixture, held_out = _drawn(config, loaded, policy, shelf)
    keep_run(config, (config.out / CHECKPOINT).exists(), _inputs(config, loaded))
    run = Imitation(
        {policy.family: policy}, mixture, held_out, config.imitation, config.out, config.threads
    )
    first, weights = next(iter(loaded.values())), _weights(config, loaded)
    robot = config.robot or first.robot
    env: dict[str, object] = {"task": first.task, "robot": robot, "domain": config.domain}
    env["execute"] = policy.execute
    with Watch(config.out, env, config.watch, config.imitation.steps, run.step) as watch:
        trained = run.run(lambda step, now: watch(step, now[policy.family]))[policy.family]
    about: dict[str, str | int | float] = {
        "command": this_command(),
        "tasks": first.task,
        "robots": first.robot,
        "domains": " ".join(sorted({loaded[kind].domain for kind in weights})),
        "alpha": weights.get("sim", 0.0),
        "real_episodes": (
            loaded["real"].episodes - config.share.held_out if "real" in weights else 0
        ),
        "steps": config.imitation.steps,
    }
    save_policy(trained, config.out / "policy.safetensors", about)
    return trained


def _inputs(config: SftConfig, loaded: dict[str, Loaded]) -> dict[str, str]:
    """Digests of what is trained on and from."""
    found = {kind: of_demonstrations(one.data) for kind, one in loaded.items()}
    path = BASES[config.family] if config.policy == "base" else Path(config.policy)
    return found if config.policy == "new" else {**found, "policy": of_file(path)}


def _loaded(config: SftConfig, shelf: Shelf) -> dict[str, Loaded]:
    """The datasets that are named, which must be of one task and robot."""
    loaded: dict[str, Loaded] = {}
    if config.sim is not None:
        loaded["sim"] = shelf.dataset(config.sim)
    if config.real is not None:
        loaded["real"] = shelf.dataset(config.real, config.real_episodes)
    if not 0.0 <= config.alpha <= 1.0:
        raise ConfigError(f"alpha {config.alpha} must lie in [0, 1]")
    if not loaded:
        raise ConfigError("nothing to train on; give --sim, --real or both")
    if len({(one.task, one.robot) for one in loaded.values()}) > 1:
        raise ConfigError("--sim and --real must be of one task and robot")
    return loaded


def _start(config: SftConfig, loaded: list[Loaded]) -> Policy:
    if config.policy == "new" and config.imitation.expert_only:
        raise ConfigError("a new policy knows nothing to keep; say --imitation.no-expert-only")
    if config.policy != "new":
        shipped = config.policy == "base"
        policy = load_policy(BASES[config.family] if shipped else Path(config.policy))[0]
    else:
        size, family = FAMILIES[config.family]
        policy = family(size())
        fit(policy, loaded)
    return lengthened(policy, config.horizon) if config.horizon else policy


def _drawn(
    config: SftConfig, loaded: dict[str, Loaded], policy: Policy, shelf: Shelf
) -> tuple[Mixture, dict[str, tuple[Source, NDArray[np.int64]]]]:
    """What is trained on, and what is held out of it."""
    weights = _weights(config, loaded)
    drawn: list[Portion] = []
    held_out: dict[str, tuple[Source, NDArray[np.int64]]] = {}
    for kind, one in loaded.items():
        strength = config.augment.strength if kind == "real" else 0.0
        source: Source = ImageSource(one.data, policy.horizon, strength)
        plain: Source = ImageSource(one.data, policy.horizon)
        if config.imitation.expert_only:
            copies = config.augment.copies if kind == "real" else 1
            contexts = shelf.contexts(policy, one, copies, strength)
            source, plain = contexts, contexts.plain
        weight = weights.get(kind, 0.0)
        some, rest = portions(kind, source, one.data, config.share, weight)
        drawn += some
        if len(rest):
            held_out[kind] = (plain, rest)
    return Mixture(drawn), held_out


def _weights(config: SftConfig, loaded: dict[str, Loaded]) -> dict[str, float]:
    """What is trained on, and its share of the samples."""
    if len(loaded) == 1:
        return dict.fromkeys(loaded, 1.0)
    shares = {"sim": config.alpha, "real": 1.0 - config.alpha}
    return {kind: share for kind, share in shares.items() if share > 0.0}


def main(arguments: Sequence[str]) -> None:
    """rlco train sft"""
    config = parse_with_file(SftConfig, arguments, "train sft")
    with alone_in(config.out):
        sft(config)
    print(f"policy: {config.out}/policy.safetensors")
