# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Entries of studies: what was tried and how it ended; read from files, counted together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rlco_core.errors import ConfigError, choices
from rlco_trainer.evaluation.results import Tally

Entry = Mapping[str, Any]
#: What every entry says: where it is from, what was tried, and how that ended.
_SAID = ("cell", "family", "method", "task", "domain", "split", "seed", "episodes", "successes")


def read_entries(path: Path) -> list[Entry]:
    """The entries of a study's file.

    Raises:
        ConfigError: it is not such a file.
    """
    try:
        entries: list[Entry] = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(entries, list):
            raise TypeError("it holds no list")
        lacking = {key for entry in entries for key in _SAID if key not in entry}
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{path} is not a file of results: {error!r}") from error
    if lacking:
        raise ConfigError(f"{path} is not a file of results: entries lack {choices(lacking)}")
    return entries


def kept_as(family: str, method: str, task: str) -> str:
    """Name of the bundle that is kept of a method's first seed; the base is one for all tasks."""
    return f"{family}_base" if method == "base" else f"{family}_{task}_{method}"


def together(entries: Sequence[Entry]) -> Tally:
    """All their episodes."""
    return Tally(sum(e["episodes"] for e in entries), sum(e["successes"] for e in entries))


def distinct(entries: Sequence[Entry], key: str) -> list[Any]:
    """The values of ``key``, in order of appearance."""
    return list(dict.fromkeys(entry[key] for entry in entries))


def rows(entries: Sequence[Entry], keys: Sequence[str]) -> dict[tuple[Any, ...], list[Entry]]:
    """Entries by the values of ``keys``, in order of appearance."""
    found: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in entries:
        found.setdefault(tuple(entry[key] for key in keys), []).append(entry)
    return found
