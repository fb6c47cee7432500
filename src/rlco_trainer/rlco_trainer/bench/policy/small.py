# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A flow policy of 22 million parameters that sees 224 x 224 pixels, in every way there is.

Its weights are random, as times do not depend on them; what it is shown was recorded at 64 x 64 and
made larger. What the compiler of torch makes of it takes minutes and is left out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

from rlco_core.bundle import load_bundle
from rlco_core.types import Observation
from rlco_policy.parity import read_parity
from rlco_policy.shipped import shipped_bundle
from rlco_trainer.bench.policy.part import Options, Part
from rlco_trainer.bench.policy.race import EAGER, race, speed_up, times_least
from rlco_trainer.bench.policy.subject import Subject
from rlco_trainer.policies.backbone import BackboneConfig
from rlco_trainer.policies.flow import FlowConfig, FlowPolicy
from rlco_trainer.policies.policy_file import BASES, load_policy

SIDE = 224
BACKBONE = BackboneConfig(width=384, channels=(64, 192), image_size=(SIDE, SIDE))
LAYERS, HEADS = 9, 6
_NAME, _SEED = "small", 0


def measure(options: Options) -> Part:
    """See the module's text; the option ``bundle`` gives observations alone."""
    with tempfile.TemporaryDirectory(prefix="rlco_small_") as folder:
        subject = Subject.of(_NAME, small_policy(), enlarged(options), Path(folder))
        rows = list(race(subject, options, (EAGER,)))
    ratios = {
        "small_vs_eager": speed_up(rows, _NAME, EAGER),
        "small_times_least": times_least(rows),
    }
    return Part(tuple(rows), ratios)


def small_policy() -> FlowPolicy:
    """The network, with the scales of the base that ships."""
    torch.manual_seed(_SEED)
    policy = FlowPolicy(FlowConfig(BACKBONE, LAYERS, HEADS))
    base, _ = load_policy(BASES["flow"])
    policy.scale.load_state_dict(base.scale.state_dict())
    policy.backbone.words_mean.copy_(base.backbone.words_mean)
    policy.backbone.words_std.copy_(base.backbone.words_std)
    for weights in policy.parameters():
        # As files of policies and graphs have them.
        weights.data = weights.data.half().float()
    return policy


def enlarged(options: Options) -> Sequence[Observation]:
    """A bundle's recorded observations, at ``SIDE`` x ``SIDE``."""
    bundle = load_bundle(options.bundle or shipped_bundle())
    seen = read_parity(bundle).observations
    return [replace(one, images={name: _large(image) for name, image in one.images.items()})
            for one in seen]  # fmt: skip


def _large(image: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR))
