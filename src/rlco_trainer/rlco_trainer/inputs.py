# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a run was made from beside its settings: a folder goes on only with the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig
from rlco_sim.domain import Domain
from rlco_trainer.files import write_text
from rlco_trainer.learning.batches import Demonstrations
from rlco_trainer.settings import keep_settings


def keep_inputs(folder: Path, begun: bool, wanted: Mapping[str, str]) -> None:
    """Writes digests of a folder's inputs, or holds those of what has ``begun`` against the ones
    that it began with.

    Raises:
        ConfigError: they are others; the line names them.
    """
    path = folder / "inputs.yaml"
    if begun and path.exists():
        known = yaml.safe_load(path.read_text(encoding="utf-8"))
        if others := [name for name in wanted if known.get(name, wanted[name]) != wanted[name]]:
            raise ConfigError(
                f"{folder} was begun with other inputs ({', '.join(others)}); use a fresh folder"
            )
    write_text(path, yaml.safe_dump(dict(wanted), sort_keys=False))


def keep_run(config: Any, begun: bool, inputs: Mapping[str, str]) -> None:
    """Keeps settings and inputs of a training in its ``out``, or holds them against those that it
    has ``begun`` with.

    Raises:
        ConfigError: they are others.
    """
    keep_settings(config, config.out / "config.yaml", begun)
    keep_inputs(config.out, begun, inputs)


def of_file(path: Path) -> str:
    """The digest of a file's content."""
    return _digest(path.read_bytes())


def of_domain(name: str) -> str:
    """That of all that a domain says, inherited or not."""
    return _digest(json.dumps(Domain.load(name).values, sort_keys=True).encode())


def of_robot(name: str) -> str:
    """That of all that a robot's file says."""
    return _digest(RobotConfig.load(name).model_dump_json().encode())


def of_demonstrations(data: Demonstrations) -> str:
    """That of what was done and when, and where episodes end; images follow from it."""
    parts = (data.states, data.actions, data.episode_ends)
    return _digest(b"".join(part.tobytes() for part in parts))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
