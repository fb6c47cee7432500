# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One limit, one file. A limit looks at one thing and answers with a Verdict.

Action limits judge the raw (7,) action before anything is computed from it; set-point
limits judge the joint command that inverse kinematics made of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rlco_core.types import Verdict


@dataclass(frozen=True)
class Setpoint:
    """One joint command and what it follows.

    Attributes:
        joints: (n,) rad, the command.
        previous: (n,) rad, the command before it.
        position: (3,) m, end effector at ``joints`` in the base frame, by forward kinematics.
        dt: control period, s.
    """

    joints: NDArray[np.float64]
    previous: NDArray[np.float64]
    position: NDArray[np.float64]
    dt: float


class ActionLimit(Protocol):
    """Judges a raw action row."""

    def check(self, action: NDArray[np.float64], dt: float) -> Verdict: ...


class SetpointLimit(Protocol):
    """Judges a joint command."""

    def check(self, setpoint: Setpoint) -> Verdict: ...
