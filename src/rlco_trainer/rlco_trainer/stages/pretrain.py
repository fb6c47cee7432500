# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco train pretrain: Stage 0, one base for every task, arm and method.

First a backbone learns to point at what matters, in worlds that are all different, each seen as if
by many cameras. Then each family learns to act on what it sees.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from rlco_core.errors import ConfigError, RlcoError, choices
from rlco_trainer.arguments import parse_with_file, this_command
from rlco_trainer.files import alone_in, write_text
from rlco_trainer.inputs import keep_run, of_demonstrations
from rlco_trainer.learning.batches import Demonstrations
from rlco_trainer.learning.checkpoint import CHECKPOINT
from rlco_trainer.learning.datasets import Loaded, Share, fit, load, portions
from rlco_trainer.learning.device import device
from rlco_trainer.learning.imitation import Imitation, ImitationConfig
from rlco_trainer.learning.sources import ContextSource, ImageSource, Mixture, Portion, Source
from rlco_trainer.learning.trial import Trial
from rlco_trainer.learning.watch import filmed_trial
from rlco_trainer.policies.backbone import KEYPOINTS
from rlco_trainer.policies.flow import FlowConfig, FlowPolicy
from rlco_trainer.policies.policy import Pointer, Policy
from rlco_trainer.policies.policy_file import FAMILIES, save_policy
from rlco_trainer.policies.token import TokenConfig, TokenPolicy
from rlco_trainer.settings import DeviceName

#: What is trained on, and by name what is only measured.
_Drawn: TypeAlias = tuple[Mixture, dict[str, tuple[Source, NDArray[np.int64]]]]
#: Folder of the run in which the backbone learns.
SIGHT = "sight"
#: How a backbone learns to point, and the families to act, unless told otherwise. Words take
#: longer to learn.
POINTING = ImitationConfig(steps=2_500, batch=128, bfloat16=True)
ACTING: Mapping[str, ImitationConfig] = {
    "token": ImitationConfig(steps=12_000, batch=256),
    "flow": ImitationConfig(steps=4_000, batch=256),
}


@dataclass(frozen=True)
class PretrainConfig:
    """A base on demonstrations of many worlds.

    Attributes:
        out: directory of the run; gets a file for each family, such as token.safetensors, in
            trials.json how often they succeed, and in videos/ films of that. A run that was
            stopped, however hard, goes on from its checkpoint.
        datasets: LeRobot v3.0 datasets; every frame of them is drawn alike.
        threads: parts of a batch on the CPU, a core for each.
        device: where it is trained.
        episodes: in which each policy is tried in the end, of the task, arm and domain of every
            dataset; 0 for none.
        share: how frames are drawn.
        token, flow: sizes of the two families; the backbone is the token's.
        augment: strength of the changes to images from which the backbone learns, 0 for none.
        pointing: the settings of training the backbone.
        acting: by family, the settings of training it on a backbone that stays as it is.
    """

    out: Path
    datasets: tuple[Path, ...]
    threads: int = 2
    device: DeviceName = "auto"
    episodes: int = 16
    share: Share = field(default_factory=Share)
    token: TokenConfig = field(default_factory=TokenConfig)
    flow: FlowConfig = field(default_factory=FlowConfig)
    augment: float = 0.5
    pointing: ImitationConfig = POINTING
    acting: Mapping[str, ImitationConfig] = field(default_factory=lambda: dict(ACTING))

    def __post_init__(self) -> None:
        if unknown := set(self.acting) - set(FAMILIES):
            raise ConfigError(f"acting: no family is {choices(unknown)}, but {choices(FAMILIES)}")


def pretrain(config: PretrainConfig) -> Mapping[str, Policy]:
    """Trains, or goes on training, until all steps are done; writes the policies.

    Raises:
        RlcoError: a dataset cannot be read, or the run had other settings.
    """
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.pointing.seed)
    loaded = [load(path) for path in config.datasets]
    _require_points(loaded)
    policies = new_policies(config.token, config.flow)
    fit(policies["token"], loaded)
    for policy in policies.values():
        policy.to(device(config.device))
    data = Demonstrations.joined([one.data for one in loaded])
    pictures = ImageSource(data, 1, config.augment, pointing=True)
    sights, sight = _drawn(config, loaded, pictures), config.out / SIGHT
    inputs = {"demonstrations": of_demonstrations(data)}
    keep_run(config, (sight / CHECKPOINT).exists(), inputs)
    backbone = policies["token"].backbone
    pointer = {"pointing": Pointer(backbone)}
    pointed = Imitation(pointer, *sights, config.pointing, sight, config.threads).run()
    backbone.load_state_dict(pointed["pointing"].backbone.state_dict())
    longest = max(policies.values(), key=lambda policy: policy.horizon)
    contexts = _drawn(config, loaded, ContextSource.build(longest, data))
    trained = {
        family: _acting(config, family, policies[family], contexts) for family in config.acting
    }
    about: dict[str, str | int | float] = {
        "command": this_command(),
        "tasks": " ".join(sorted({one.task for one in loaded})),
        "robots": " ".join(sorted({one.robot for one in loaded})),
        "domains": " ".join(sorted({one.domain for one in loaded})),
        "episodes": sum(one.episodes for one in loaded),
        "pointing_steps": config.pointing.steps,
    }
    for family, policy in trained.items():
        steps = {"steps": config.acting[family].steps}
        save_policy(policy, config.out / f"{family}.safetensors", {**about, **steps})
    if config.episodes:
        _try(config, trained, loaded)
    return trained


def _try(config: PretrainConfig, policies: Mapping[str, Policy], loaded: Sequence[Loaded]) -> None:
    """Success of every policy in every world that it saw, and films."""
    found: list[Mapping[str, object]] = []
    for one in loaded:
        world = {"task": one.task, "robot": one.robot, "domain": one.domain}
        for family, policy in policies.items():
            film = config.out / "videos" / f"{family}_{one.task}_{one.robot}.mp4"
            try:
                with Trial({**world, "execute": policy.execute}, config.episodes) as trial:
                    rate = filmed_trial(trial, policy, config.episodes, film)
            except RlcoError as error:  # a domain or task that this machine does not know
                print(f"{family} is not tried on {one.task}: {error}", file=sys.stderr)
                continue
            print(f"{family}, {one.task}, {one.robot} in {one.domain}: success {rate:.2f}")
            found.append({"family": family, **world, "episodes": config.episodes, "success": rate})
    write_text(config.out / "trials.json", json.dumps(found, indent=2) + "\n")


def _acting(config: PretrainConfig, family: str, policy: Policy, contexts: _Drawn) -> Policy:
    """The policy, trained to act; its backbone stays as it is."""
    settings = replace(config.acting[family], expert_only=True)
    run = Imitation({family: policy}, *contexts, settings, config.out / family, config.threads)
    return run.run()[family]


def new_policies(token: TokenConfig, flow: FlowConfig) -> dict[str, Policy]:
    """One of each family, with one backbone, one scale and one value head for both."""
    first, second = TokenPolicy(token), FlowPolicy(flow)
    second.backbone, second.scale, second.value = first.backbone, first.scale, first.value
    return {"token": first, "flow": second}


def _drawn(config: PretrainConfig, loaded: Sequence[Loaded], source: Source) -> _Drawn:
    """What is trained on and what is held out, from one ``source`` of all frames, so that a
    backbone sees a batch at once.
    """
    drawn: list[list[NDArray[np.int64]]] = []
    held_out: dict[str, tuple[Source, NDArray[np.int64]]] = {}
    first = 0
    for one in loaded:
        some, rest = portions("wide", source, one.data, config.share, 1.0)
        drawn.append([first + portion.frames for portion in some])
        if len(rest):
            held_out[f"{one.task}_{one.robot}"] = (source, first + rest)
        first += len(one.data.actions)
    every, early = (np.concatenate(frames) for frames in zip(*drawn, strict=True))
    share = config.share.early
    mixture = Mixture(
        [Portion("wide", source, every, 1.0 - share), Portion("wide", source, early, share)]
    )
    return mixture, held_out


def _require_points(loaded: Sequence[Loaded]) -> None:
    for one in loaded:
        if one.data.points.shape[1] != KEYPOINTS:
            raise ConfigError(
                f"the demonstrations of {one.task} do not say what to point at; collect them anew"
            )


def main(arguments: Sequence[str]) -> None:
    """rlco train pretrain"""
    config = parse_with_file(PretrainConfig, arguments, "train pretrain")
    with alone_in(config.out):
        made = pretrain(config)
    for family in made:
        print(f"base: {config.out / family}.safetensors")
