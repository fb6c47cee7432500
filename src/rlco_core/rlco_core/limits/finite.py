# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""No NaN and no infinity ever reaches the arm."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rlco_core.types import ACCEPTED, ACTION_COLUMNS, Verdict


class FiniteLimit:
    """Refuses an action of the wrong width or with a value that is not finite."""

    name = "finite"

    def check(self, action: NDArray[np.float64], dt: float) -> Verdict:
        if action.shape != (len(ACTION_COLUMNS),):
            return Verdict(False, self.name, f"action has shape {action.shape}, not (7,)")
        for column, value in zip(ACTION_COLUMNS, action.tolist(), strict=True):
            if not math.isfinite(value):
                return Verdict(False, self.name, f"action {column} is {value}, not finite")
        return ACCEPTED
