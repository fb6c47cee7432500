# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Which code runs, so that results can say what they were made with."""

from __future__ import annotations

import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

_SECONDS = 10.0


@cache
def code_version() -> str:
    """The commit, with a + where sources were changed since; outside a repository the version."""
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", "src", "launch")
    except (OSError, subprocess.SubprocessError):
        return version("rlco_trainer")
    return f"{commit}+" if changed else commit


def _git(*words: str) -> str:
    """What git says of the sources.

    Raises:
        OSError, subprocess.SubprocessError: there is no git, or no repository.
    """
    root = Path(__file__).resolve().parents[3]
    told = ["git", "-C", str(root), *words]
    done = subprocess.run(told, capture_output=True, text=True, timeout=_SECONDS, check=True)
    return done.stdout.strip()
