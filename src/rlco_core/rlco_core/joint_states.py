# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Joint positions by name: drivers order the joints as they like, and may report others too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import ConfigError

#: Names and letters of each that a line shows.
_SHOWN = 20
_LETTERS = 60


class NamedPositions(Protocol):
    """The two fields of a joint-state message that we read."""

    @property
    def name(self) -> Sequence[str]:
        """Joint names."""

    @property
    def position(self) -> Sequence[float]:
        """rad or m, in the order of `name`; empty when the driver reports none."""


def positions_of(message: NamedPositions, names: Sequence[str]) -> NDArray[np.float64]:
    """(len(names),) positions, rad or m, in the order of `names`.

    Raises:
        ConfigError: a joint is missing or its position is not finite.
    """
    known = dict(zip(message.name, message.position, strict=False))
    missing = [name for name in names if name not in known]
    if missing:
        raise ConfigError(
            f"joint state has no position of {', '.join(missing)}; "
            f"it has [{_some(list(known))}], so robot or tf_prefix should be another"
        )
    positions = np.array([known[name] for name in names], np.float64)
    if not np.isfinite(positions).all():
        bad = names[int(np.argmin(np.isfinite(positions)))]
        raise ConfigError(f"joint state of {bad} is {known[bad]}; it should be finite")
    return positions


def _some(names: Sequence[str]) -> str:
    """The first names, for a line that people can read whatever a driver sends."""
    shown = [" ".join(name[:_LETTERS].split()) for name in names[:_SHOWN]]
    return ", ".join(shown + ["..."] * (len(names) > _SHOWN))
