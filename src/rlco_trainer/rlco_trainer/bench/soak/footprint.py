# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a process holds on to, as Linux tells it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Footprint:
    """One process at one moment.

    Attributes:
        rss_kb, pss_kb: memory that it has in use, and its part of it where pages are shared, kB.
        handles: open files, sockets and the like.
        threads: of the process.
    """

    rss_kb: int
    pss_kb: int
    handles: int
    threads: int

    @classmethod
    def of(cls, pid: int) -> Footprint:
        """That of process ``pid`` now; OSError where it is gone."""
        root = Path(f"/proc/{pid}")
        memory, status = _fields(root / "smaps_rollup"), _fields(root / "status")
        return cls(memory["Rss"], memory["Pss"], len(os.listdir(root / "fd")), status["Threads"])


def _fields(path: Path) -> dict[str, int]:
    """Lines such as ``Rss:  12 kB``, by name; others are left out."""
    rows = (line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
    words = ((name, value.split()) for name, value in rows)
    return {name: int(word[0]) for name, word in words if word and word[0].isdigit()}
