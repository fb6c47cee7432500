# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How policies try things out in rollouts; what they do when deployed is not touched by it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rlco_trainer.policies.flow import Explore, FlowPolicy, Joint
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.token import TokenPolicy


@dataclass(frozen=True)
class ExploreConfig:
    """Settings of both families.

    Attributes:
        flow: see ``FlowConfig.explore``; only the end explores around what is deployed.
        hold, sigma, sde_scale, joint: of flows, see ``FlowConfig``.
        blur: of tokens, see ``TokenConfig.blur``; 6 bins are about as much as a flow explores.
        temperature: of tokens.
    """

    flow: Explore = "end"
    hold: float = 0.7
    sigma: tuple[float, float] = (0.08, 0.16)
    sde_scale: float = 0.5
    joint: Joint = "sum"
    blur: float = 6.0
    temperature: float = 1.0


def explore_by(policy: Policy, config: ExploreConfig) -> None:
    """Sets how ``policy`` explores."""
    if isinstance(policy, FlowPolicy):
        policy.config = replace(
            policy.config,
            explore=config.flow,
            hold=config.hold,
            sigma=config.sigma,
            sde_scale=config.sde_scale,
            joint=config.joint,
        )
    if isinstance(policy, TokenPolicy):
        policy.config = replace(policy.config, blur=config.blur, temperature=config.temperature)
