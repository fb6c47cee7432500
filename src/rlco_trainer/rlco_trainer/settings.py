# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A run's settings as a file: read strictly, and written beside what came of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError

from rlco_core.config import first_problem
from rlco_core.errors import ConfigError, choices
from rlco_trainer.files import write_text

Settings = TypeVar("Settings")
#: cpu, cuda, or auto for cuda where there is one.
DeviceName: TypeAlias = Literal["auto", "cpu", "cuda"]


def read_settings(kind: type[Settings], path: Path) -> Settings:
    """The dataclass ``kind`` from a YAML file; what the file does not say keeps its default.

    Raises:
        ConfigError: unreadable, an unknown key (with what was probably meant), or a value that
            does not fit.
    """
    try:
        plain = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for problem in _unknown(kind, plain, ""):
            raise ConfigError(f"{path}: {problem}")
        return TypeAdapter(kind).validate_python(plain)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{path}: {first_problem(error)}") from error


def write_settings(settings: Any, path: Path) -> None:
    """Writes a dataclass so that ``read_settings`` gives it back."""
    plain = TypeAdapter(dict[str, Any]).dump_python(asdict(settings), mode="json")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, yaml.safe_dump(plain, sort_keys=False))


def _unknown(kind: Any, plain: object, where: str) -> Iterator[str]:
    """One line for every key that ``kind`` does not have."""
    if not isinstance(plain, Mapping):
        yield f"{where or 'file'}: should be keys with values"
        return
    types = get_type_hints(kind)
    known = [field.name for field in fields(kind)]
    for key, value in plain.items():
        dotted = f"{where}.{key}" if where else str(key)
        if key not in known:
            close = get_close_matches(str(key), known, 1)
            meant = f"did you mean '{close[0]}'?" if close else f"known: {choices(known)}"
            yield f"{dotted}: unknown key; {meant}"
        elif is_dataclass(types[key]):
            yield from _unknown(types[key], value, dotted)
