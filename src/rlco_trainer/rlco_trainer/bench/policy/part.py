# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What every part of ``rlco bench policy`` takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What is measured.

    Attributes:
        seconds: length of one measurement.
        threads: of inference, one measurement for each.
        bundle: directory of the bundle; the shipped one where there is none.
    """

    seconds: float = 5.0
    threads: tuple[int, ...] = (1, 2)
    bundle: Path | None = None


@dataclass(frozen=True)
class Part:
    """What was measured.

    Attributes:
        rows: figures by name; all have ``name``, ``threads``, ``p50_ms`` and ``p99_ms``.
        ratios: how many times slower others are, by name.
    """

    rows: tuple[dict[str, object], ...]
    ratios: dict[str, float]
