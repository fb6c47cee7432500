# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A policy with longer chunks than it was made with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from rlco_core.errors import ConfigError
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.policy_file import FAMILIES


def lengthened(policy: Policy, horizon: int) -> Policy:
    """The same weights for chunks of ``horizon`` rows; rows that are new begin as the last one.

    Raises:
        ConfigError: its chunks are longer already.
    """
    if horizon < policy.horizon:
        raise ConfigError(
            f"horizon {horizon} is shorter than the {policy.horizon} rows that the policy has; "
            "it should be as long or longer"
        )
    config: Any = policy.config
    made: Policy = FAMILIES[policy.family][1](replace(config, horizon=horizon))
    weights = policy.state_dict()
    row = weights["places"][-(len(weights["places"]) // policy.horizon) :]
    more = row.repeat(horizon - policy.horizon, 1)
    made.load_state_dict({**weights, "places": torch.cat([weights["places"], more])})
    return made
