# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How policies try things out in rollouts; what they do when deployed is not touched by it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rlco_core.errors import ConfigError
from rlco_trainer.policies.flow import Explore, FlowPolicy, Joint
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.token import Explore as TokenExplore
from rlco_trainer.policies.token import TokenPolicy
from rlco_trainer.settings import require_least, require_positive, require_share


@dataclass(frozen=True)
class ExploreConfig:
    """Settings of both families.

    Attributes:
        flow: see ``FlowConfig.explore``; only the end explores around what is deployed.
        token: see ``TokenConfig.explore``; only the mean explores around what is deployed.
        hold: of both, see ``FlowConfig`` and ``TokenConfig``.
        sigma, sde_scale, joint: of flows, see ``FlowConfig``.
        token_sigma: of tokens, in bins, see ``TokenConfig.sigma``.
        temperature, blur: of tokens that are sampled, see ``TokenConfig``.
    """

    flow: Explore = "end"
    hold: float = 0.7
    sigma: tuple[float, float] = (0.08, 0.16)
    sde_scale: float = 0.5
    joint: Joint = "sum"
    token: TokenExplore = "mean"
    token_sigma: float = 12.0
    temperature: float = 1.0
    blur: float = 6.0

    def __post_init__(self) -> None:
        require_share(self, "hold", below_one=True)
        require_least(self, 0.0, "blur")
        if not 0.0 < self.sigma[0] <= self.sigma[1]:
            raise ConfigError(f"sigma is {self.sigma}; it should be two rising positive numbers")
        require_positive(self, "temperature", "token_sigma", "sde_scale")


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
        policy.config = replace(
            policy.config,
            blur=config.blur,
            temperature=config.temperature,
            explore=config.token,
            sigma=config.token_sigma,
            hold=config.hold,
        )
