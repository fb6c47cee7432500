# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Configuration files: found by name or path, read strictly, refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from rlco_core.errors import ConfigError, choices

Model = TypeVar("Model", bound=BaseModel)


def shipped(folder: Path) -> tuple[str, ...]:
    """Names of the configuration files in ``folder``."""
    return tuple(sorted(path.stem for path in folder.glob("*.yaml")))


def locate(kind: str, name_or_path: str | Path, folder: Path) -> Path:
    """The file of a shipped configuration by its name, or any YAML file by its path.

    Raises:
        ConfigError: it is neither; the line lists the names that ship.
    """
    if str(name_or_path) in shipped(folder):
        return folder / f"{name_or_path}.yaml"
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return path
    raise ConfigError(
        f"{kind} '{name_or_path}' is neither a shipped {kind} ({choices(shipped(folder))}) "
        "nor a YAML file that exists"
    )


def read_yaml(model: type[Model], path: Path) -> Model:
    """Reads and validates ``path``.

    Raises:
        ConfigError: missing, malformed, or a key that does not fit, named with its dots.
    """
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{path}: {first_problem(error)}") from error


def first_problem(error: Exception) -> str:
    """The first problem of a validation, YAML or file error as one line with its dotted key."""
    if isinstance(error, ValidationError):
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"]) or "file"
        return f"{key}: {problem['msg']}"
    return " ".join(str(error).split())
