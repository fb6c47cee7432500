# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A run's settings as a file: read strictly, and written beside what came of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, asdict, field, fields, is_dataclass, make_dataclass
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError

from rlco_core.config import first_problem
from rlco_core.errors import ConfigError, choices
from rlco_trainer.files import write_text

Settings = TypeVar("Settings")
#: cpu, cuda, or auto for cuda where there is one.
DeviceName: TypeAlias = Literal["auto", "cpu", "cuda"]


#: May be another when a run goes on.
_FREE = ("out", "device")


def read_settings(kind: type[Settings], path: Path, absent: object = MISSING) -> Settings:
    """The dataclass ``kind`` from a YAML file; what the file does not say keeps its default, or
    is ``absent`` if that is given and there is no default.

    Raises:
        ConfigError: unreadable, an unknown key (with what was probably meant), or a value that
            does not fit.
    """
    try:
        plain = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for problem in _unknown(kind, plain, ""):
            raise ConfigError(f"{path}: {problem}")
        found = TypeAdapter(_with_defaults(kind, absent)).validate_python(plain)
        return kind(**{name: getattr(found, name) for name in _names(kind)})
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{path}: {first_problem(error)}") from error


def write_settings(settings: Any, path: Path) -> None:
    """Writes a dataclass so that ``read_settings`` gives it back."""
    plain = TypeAdapter(dict[str, Any]).dump_python(asdict(settings), mode="json")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, yaml.safe_dump(plain, sort_keys=False))


def keep_settings(settings: Any, path: Path, begun: bool) -> None:
    """Writes the settings of a run to ``path``, or holds those of a run that has ``begun``
    against the ones that it began with.

    Raises:
        ConfigError: they are others; the line names them.
    """
    if begun and path.exists():
        before = read_settings(type(settings), path)
        names = [name for name in _names(type(settings)) if name not in _FREE]
        others = [name for name in names if getattr(before, name) != getattr(settings, name)]
        if others:
            raise ConfigError(
                f"{path.parent} was begun with other settings ({', '.join(others)}); "
                "use the same settings or a fresh --out"
            )
    write_settings(settings, path)


def require_least(settings: Any, least: float, *names: str) -> None:
    """Raises ConfigError for the first field of ``names`` that is below ``least``, or no number."""
    for name in names:
        if not least <= getattr(settings, name) < math.inf:
            raise ConfigError(f"{name} is {getattr(settings, name)}; it should be {least} or more")


def require_positive(settings: Any, *names: str) -> None:
    """Raises ConfigError for the first field of ``names`` that is not a positive number."""
    for name in names:
        if not 0.0 < getattr(settings, name) < math.inf:
            raise ConfigError(f"{name} is {getattr(settings, name)}; it should be positive")


def require_share(settings: Any, *names: str, below_one: bool = False) -> None:
    """Raises ConfigError for the first field of ``names`` that leaves [0, 1], or [0, 1)."""
    for name in names:
        value = getattr(settings, name)
        if not 0.0 <= value <= 1.0 or (below_one and value == 1.0):
            bounds = "[0, 1)" if below_one else "[0, 1]"
            raise ConfigError(f"{name} is {value}; it should lie in {bounds}")


def _names(kind: Any) -> list[str]:
    return [one.name for one in fields(kind)]


def _with_defaults(kind: Any, absent: object) -> Any:
    """``kind`` with ``absent`` as the default of what has none."""
    if absent is MISSING:
        return kind
    types = get_type_hints(kind)
    bare = [f.name for f in fields(kind) if f.default is f.default_factory is MISSING]
    filled = [(name, types[name], field(default=absent)) for name in bare]
    return make_dataclass(kind.__name__, filled, bases=(kind,), frozen=True)


def _unknown(kind: Any, plain: object, where: str) -> Iterator[str]:
    """One line for every key that ``kind`` does not have."""
    if not isinstance(plain, Mapping):
        yield f"{where or 'file'}: should be keys with values"
        return
    types = get_type_hints(kind)
    known = _names(kind)
    for key, value in plain.items():
        dotted = f"{where}.{key}" if where else str(key)
        if key not in known:
            close = get_close_matches(str(key), known, 1)
            meant = f"did you mean '{close[0]}'?" if close else f"known: {choices(known)}"
            yield f"{dotted}: unknown key; {meant}"
        elif value is not None or NoneType not in get_args(types[key]):
            yield from _unknown_within(types[key], value, dotted)


def _unknown_within(kind: Any, value: object, where: str) -> Iterator[str]:
    """The same of a value of type ``kind``, of each value of a mapping, of what may be None."""
    if is_dataclass(kind):
        yield from _unknown(kind, value, where)
    elif get_origin(kind) in (Union, UnionType):
        for part in get_args(kind):
            yield from _unknown_within(part, value, where)
    elif get_origin(kind) is Mapping and not isinstance(value, Mapping):
        yield f"{where}: should be keys with values"
    elif get_origin(kind) is Mapping and isinstance(value, Mapping):
        for key, one in value.items():
            yield from _unknown_within(get_args(kind)[1], one, f"{where}.{key}")
