# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Policies as files: weights, family and sizes in one safetensors file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from rlco_core.errors import ConfigError
from rlco_trainer.files import replacing
from rlco_trainer.policies.flow import FlowConfig, FlowPolicy
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.token import TokenConfig, TokenPolicy

#: What is known of a policy: robots, tasks, how it was trained.
About = Mapping[str, str | int | float]

FAMILIES: Mapping[str, tuple[type[Any], type[Any]]] = {
    "token": (TokenConfig, TokenPolicy),
    "flow": (FlowConfig, FlowPolicy),
}


#: Bases of Stage 0 that ship, by family.
BASES = {family: Path(__file__).parents[1] / f"bases/{family}.safetensors" for family in FAMILIES}


def save_policy(policy: Policy, path: Path, about: About) -> None:
    """Writes ``policy`` in half precision with what is known ``about`` it."""
    tensors = {name: _stored(value) for name, value in policy.state_dict().items()}
    head = {"family": policy.family, "config": asdict(policy.config), "about": dict(about)}  # type: ignore[call-overload]
    with replacing(path) as scratch:
        save_file(tensors, scratch, {"policy": json.dumps(head, sort_keys=True)})


def load_policy(path: Path) -> tuple[Policy, About]:
    """The policy in a file, and what was said about it.

    Raises:
        ConfigError: missing, not a policy, or one of another version.
    """
    if not path.is_file():
        raise ConfigError(f"no policy at {path}")
    try:
        with safe_open(path, "pt") as file:
            head = json.loads((file.metadata() or {}).get("policy", "null"))
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ConfigError(f"{path} is not a readable policy: {error}") from error
    if head is None:
        raise ConfigError(f"{path} has tensors, but not of a policy")
    try:
        config, family = FAMILIES[head["family"]]
        policy: Policy = family(TypeAdapter(config).validate_python(head["config"]))
        policy.load_state_dict(tensors)
    except (KeyError, ValidationError, RuntimeError) as error:
        raise ConfigError(
            f"{path} is a policy of another version of rlco; train it anew, or load it with the "
            f"version that wrote it ({str(error).splitlines()[0]})"
        ) from error
    return policy, head["about"]


def _stored(value: torch.Tensor) -> torch.Tensor:
    # Scales stay as they are: half precision would move the bounds of actions.
    small = value.numel() < 1024 or not value.is_floating_point()
    return (value if small else value.half()).detach().cpu().clone().contiguous()
