# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints as safetensors: complete or absent, and enough to go on to the bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from rlco_core.errors import ConfigError
from rlco_trainer.files import replacing

CHECKPOINT = "checkpoint.safetensors"
_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


def save(
    path: Path,
    step: int,
    config: str,
    model: nn.Module,
    average: nn.Module,
    optimiser: torch.optim.Optimizer,
    more: Mapping[str, Tensor] | None = None,
) -> None:
    """Writes network, averaged network, optimiser moments after ``step`` steps, and ``more``."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in average.state_dict().items()}
    for name, parameter in model.named_parameters():
        for moment in _MOMENTS if parameter in optimiser.state else ():
            tensors[f"{moment}.{name}"] = optimiser.state[parameter][moment]
    tensors |= {f"more.{name}": value for name, value in (more or {}).items()}
    # Copied, as parts that networks share must not be one block of memory in the file.
    tensors = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
    with replacing(path) as scratch:
        # One entry: safetensors writes several in no certain order.
        run = json.dumps({"step": str(step), "config": config})
        save_file(tensors, scratch, {"run": run})


def load(
    path: Path,
    config: str,
    model: nn.Module,
    average: nn.Module,
    optimiser: torch.optim.Optimizer,
) -> int:
    """Restores what ``save`` wrote; returns the number of steps done.

    Raises:
        ConfigError: unreadable, or made under another configuration.
    """
    tensors, metadata = read(path)
    if metadata["config"] != config:
        raise ConfigError(
            f"{path} was made with other settings; use the same settings or a fresh --out"
        )
    model.load_state_dict(part(tensors, "model"))
    average.load_state_dict(part(tensors, "average"))
    step = int(metadata["step"])
    for name, parameter in model.named_parameters():
        if f"{_MOMENTS[0]}.{name}" not in tensors:  # it was frozen
            continue
        moments = {moment: tensors[f"{moment}.{name}"] for moment in _MOMENTS}
        # Adam counts its steps on the CPU, wherever the parameters are.
        moved = {key: value.to(parameter.device) for key, value in moments.items() if key != "step"}
        optimiser.state[parameter] = {"step": moments["step"], **moved}
    return step


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors and the metadata of a checkpoint.

    Raises:
        ConfigError: missing or not a checkpoint.
    """
    if not path.is_file():
        raise ConfigError(f"no checkpoint at {path}; `rlco train` makes one")
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            run = (file.metadata() or {}).get("run")
    except SafetensorError as error:
        raise ConfigError(f"{path} is not a readable checkpoint: {error}") from error
    if run is None:
        raise ConfigError(f"{path} has tensors, but not of a run; `rlco train` makes these")
    return tensors, json.loads(run)


def part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors under ``prefix``, without it."""
    start = prefix + "."
    return {name[len(start) :]: value for name, value in tensors.items() if name.startswith(start)}
