# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Configuration files: found by name or path, read strictly, refused in one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

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
        raise ConfigError(f"{path}: {first_problem(error, model)}") from error


def first_problem(error: Exception, model: type[BaseModel] | None = None) -> str:
    """The first problem of a validation, YAML or file error as one line with its dotted key.

    With ``model``, a key that is not known comes with the one that was probably meant.
    """
    if isinstance(error, ValidationError):
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"]) or "file"
        if problem["type"] == "extra_forbidden" and model is not None:
            return f"{key}: unknown key{_meant(model, problem['loc'])}"
        return f"{key}: {problem['msg']}"
    return " ".join(str(error).split())


def _meant(model: type[BaseModel], location: Sequence[int | str]) -> str:
    """A suggestion for an unknown key, or the keys that there are."""
    inner: Any = model
    for part in (part for part in location[:-1] if isinstance(part, str)):
        field = getattr(inner, "model_fields", {}).get(part)
        inner = next(_models(field.annotation), None) if field else None
    known = list(getattr(inner, "model_fields", ()))
    close = get_close_matches(str(location[-1]), known, 1)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; known: {', '.join(known)}" if known else ""


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in an annotation such as ``Model``, ``Model | None`` or ``tuple[Model, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
