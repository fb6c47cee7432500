# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What every part of the bench is given, and gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

#: Where engines run: with all that the CPU has, and with a GPU's as well.
Provider: TypeAlias = Literal["cpu", "cuda", "tensorrt"]


@dataclass(frozen=True)
class Options:
    """How to measure.

    Attributes:
        seconds: of each row.
        threads: counts to measure with, one after the other.
        bundle: in place of the one that ships.
        provider: whose rows stand beside the CPU's.
    """

    seconds: float = 5.0
    threads: tuple[int, ...] = (1, 2)
    bundle: Path | None = None
    provider: Provider = "cpu"


@dataclass(frozen=True)
class Part:
    """What was measured.

    Attributes:
        rows: each at least ``name``, ``threads``, ``p50_ms`` and ``p99_ms``.
        ratios: by the names of what is claimed.
    """

    rows: tuple[dict[str, object], ...]
    ratios: dict[str, float]
