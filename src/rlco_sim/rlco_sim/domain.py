# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Domains are data: one YAML file says how worlds look and move, and what varies among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from rlco_core.config import first_problem, locate
from rlco_core.errors import ConfigError
from rlco_sim.settings import Settings
from rlco_sim.spec import Draw, drawn_by, is_drawn, resolve

#: Where in every range a file is checked when it is loaded.
_CHECKED = tuple(step / 10 for step in range(11))


@dataclass(frozen=True)
class ImageFormat:
    """What is the same in every world of a domain: name and size of the camera's image."""

    name: str
    width: int
    height: int


@dataclass(frozen=True)
class Domain:
    """A family of worlds; ``draw`` gives the one of an episode.

    Attributes:
        name: of the domain.
        summary: one line for people.
        camera: its image.
        values: the file's nested mapping, in which any value may be drawn (see ``spec``).
    """

    name: str
    summary: str
    camera: ImageFormat
    values: Mapping[str, Any]

    @classmethod
    def load(cls, name_or_path: str | Path) -> Domain:
        """Reads a shipped domain by name or any domain by the path of its YAML.

        Raises:
            ConfigError: unknown name, missing file, or a value that does not fit, with its key.
        """
        path = locate("domain", name_or_path, shipped_domains())
        try:
            return cls.of(_read(path, ()))
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Domain:
        """A domain from the mapping that a file would hold, with nothing to extend.

        Raises:
            ConfigError: a value that does not fit, with its key.
        """
        values = dict(document)
        name, summary = str(values.pop("name", "")), str(values.pop("summary", ""))
        if not name:
            raise ConfigError("name: a domain needs one")
        checked = [_settings(values, Draw(0, progress, at)) for at in _CHECKED
                   for progress in (0.0, 1.0)]  # fmt: skip
        formats = {(s.camera.name, s.camera.width, s.camera.height) for s in checked}
        if len(formats) > 1:
            raise ConfigError("camera: name, width and height must be plain values")
        return cls(name, summary, ImageFormat(*formats.pop()), values)

    @property
    def varies(self) -> bool:
        """Whether episodes differ in their worlds."""
        return is_drawn(self.values)

    def draw(self, seed: int, progress: float = 1.0) -> Settings:
        """The world of the episode ``seed``; ``progress`` in [0, 1] is where curricula are.

        Raises:
            ConfigError: ``progress`` is out of range.
        """
        if not 0.0 <= progress <= 1.0:
            raise ConfigError(f"progress {progress} must lie in [0, 1]")
        return _settings(self.values, Draw(seed, progress))

    def typical(self) -> Settings:
        """The world in the middle of every range."""
        return _settings(self.values, Draw(0, 1.0, 0.5))


def shipped_domains() -> Path:
    """The directory of the domains that come with the package."""
    return Path(str(files("rlco_sim"))) / "domains"


def _settings(values: Mapping[str, Any], draw: Draw) -> Settings:
    try:
        return Settings.model_validate(resolve(values, draw))
    except ValidationError as error:
        raise ConfigError(first_problem(error, Settings)) from error


def _read(path: Path, above: tuple[Path, ...]) -> dict[str, Any]:
    """The mapping of a file, laid over that of the domain which it extends."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(first_problem(error)) from error
    if not isinstance(document, Mapping):
        raise ConfigError("a domain file must hold a mapping")
    if path.resolve() in above:
        raise ConfigError(f"extends: {path.stem} extends itself")
    if not document.get("name"):
        raise ConfigError("name: a domain needs one of its own")
    own = dict(document)
    base = own.pop("extends", None)
    if base is None:
        return own
    beside = path.parent / str(base)
    found = beside if beside.suffix and beside.is_file() else base
    return _laid_over(
        _read(locate("domain", found, shipped_domains()), (*above, path.resolve())), own
    )


def _laid_over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with the values of ``own``; mappings are merged, drawn values replaced whole."""
    merged = dict(base)
    for key, value in own.items():
        below = merged.get(key)
        merged[key] = value
        plain = drawn_by(value) is None and drawn_by(below) is None
        if plain and isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[key] = _laid_over(below, value)
    return merged
