# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""``meta/provenance.json``: who wrote which episodes, one entry per run of the writer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

from rlco_core.config import first_problem
from rlco_core.errors import DatasetError
from rlco_trainer.files import write_text
from rlco_trainer.lerobot.schema import PROVENANCE, Scalar

#: What a run was given as its provenance, and the number of its first episode.
Session: TypeAlias = Mapping[str, Scalar]

_SESSIONS = TypeAdapter(tuple[dict[str, str | int | float | bool], ...])


def session(first_episode: int, provenance: Mapping[str, Scalar]) -> Session:
    """The entry of a run whose episodes start at ``first_episode``."""
    return {**provenance, "first_episode": first_episode}


def write_sessions(root: Path, sessions: Sequence[Session]) -> None:
    """Writes ``meta/provenance.json``."""
    text = json.dumps([dict(entry) for entry in sessions], indent=4)
    write_text(root / PROVENANCE, text + "\n")


def read_sessions(root: Path) -> tuple[Session, ...]:
    """Reads ``meta/provenance.json``; empty if there is none, as in datasets of others."""
    path = root / PROVENANCE
    if not path.is_file():
        return ()
    try:
        return _SESSIONS.validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise DatasetError(f"{path}: {first_problem(error)}") from error
