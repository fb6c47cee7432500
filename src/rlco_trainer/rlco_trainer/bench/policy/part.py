# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What every part of ``bench policy`` is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What is measured.

    Attributes:
        seconds: for which every row is measured.
        threads: of inference; a row for each.
        bundle: directory of the policy bundle; None for the one that ships.
    """

    seconds: float = 5.0
    threads: tuple[int, ...] = (1, 2)
    bundle: Path | None = None


@dataclass(frozen=True)
class Part:
    """What came of it.

    Attributes:
        rows: each with at least name, threads, p50_ms and p99_ms.
        ratios: by name.
    """

    rows: tuple[dict[str, object], ...]
    ratios: dict[str, float]
