# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What several tasks draw or read alike."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from rlco_core.errors import ConfigError, choices


def either_way(rng: np.random.Generator, low: float, high: float) -> float:
    """A number between ``low`` and ``high``, or between their negatives."""
    return float(rng.choice((-1.0, 1.0)) * rng.uniform(low, high))


def named(instruction: str, known: Sequence[str], kind: str) -> str:
    """The one of ``known`` that an instruction names; ``kind`` is their plural.

    Raises:
        ConfigError: it names none or several.
    """
    words = set(re.findall(r"[a-z]+", instruction.lower()))
    found = [name for name in known if name in words]
    if len(found) != 1:
        raise ConfigError(
            f"instruction '{instruction}' names {len(found)} {kind}; "
            f"it must name exactly one of {choices(known)}"
        )
    return found[0]
