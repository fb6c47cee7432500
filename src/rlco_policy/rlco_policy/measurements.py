# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What comes to a policy and from where. Times are integers in nanoseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Topics:
    """Where measurements come from: full names, for lines that people read.

    Attributes:
        cameras: name of a camera -> topic of its images.
        joints: topic of the measured joint states.
        commanded: topic of the commanded joint states.
    """

    cameras: Mapping[str, str]
    joints: str
    commanded: str


@dataclass(frozen=True)
class Instruction:
    """What to do, for observations at or after `stamp_ns`; blank text: nothing."""

    stamp_ns: int
    episode: int
    text: str


@dataclass(frozen=True)
class Image:
    """(height, width, 3) uint8 RGB at `stamp_ns`."""

    stamp_ns: int
    pixels: NDArray[np.uint8]


@dataclass(frozen=True)
class JointState:
    """Positions, rad or m, at `stamp_ns`, as they were measured or as they were commanded."""

    stamp_ns: int
    positions: NDArray[np.float64]
