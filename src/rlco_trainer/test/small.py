# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Policies of the smallest size that is whole, for images as the simulation draws them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from rlco_core.contract import LANGUAGE_TOKENS, LANGUAGE_WIDTH
from rlco_trainer.policies.backbone import BackboneConfig
from rlco_trainer.policies.flow import FlowConfig, FlowPolicy
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.token import TokenConfig, TokenPolicy

#: What the simulation draws.
SMALL = BackboneConfig(width=16, channels=(8, 8), dilations=(1, 2), image_size=(64, 64))
#: For tests that draw their images themselves.
SMALLEST = replace(SMALL, image_size=(16, 16))

Inputs = tuple[Tensor, Tensor, Tensor, Tensor]


def new(family: str, backbone: BackboneConfig = SMALL, **settings: Any) -> Policy:
    """A policy whose weights are always the same."""
    torch.manual_seed(0)
    sizes = {"layers": 2, "heads": 2, "horizon": 8, "execute": 4, **settings}
    if family == "flow":
        return FlowPolicy(FlowConfig(backbone, **sizes))
    network = TokenPolicy(TokenConfig(backbone, **sizes))
    # Words as small as at first make answers that hardly depend on what was said before.
    torch.nn.init.normal_(network.vocabulary.weight)
    return network


def inputs(count: int, backbone: BackboneConfig = SMALL, seed: int = 1) -> Inputs:
    """Observations at random, with six words each."""
    rng = torch.Generator().manual_seed(seed)
    return (
        torch.randint(0, 256, (count, *backbone.image_size, 3), generator=rng, dtype=torch.uint8),
        torch.randn(count, 17, generator=rng),
        torch.randn(count, LANGUAGE_TOKENS, LANGUAGE_WIDTH, generator=rng),
        (torch.arange(LANGUAGE_TOKENS) < 6).float().expand(count, -1),
    )


def equal(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    """Whether two networks have the same weights and buffers, to the bit."""
    first, second = one.state_dict(), other.state_dict()
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)
