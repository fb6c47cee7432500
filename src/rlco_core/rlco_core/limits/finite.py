# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""No NaN and no infinity ever reaches the arm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlco_core.types import ACCEPTED, ACTION_COLUMNS, Verdict


class FiniteLimit:
    """Refuses an action of the wrong width or with a value that is not finite."""

    name = "finite"

    def check(self, action: NDArray[np.float64], dt: float) -> Verdict:
        if action.shape != (len(ACTION_COLUMNS),):
            return Verdict(False, self.name, f"action has shape {action.shape}, not (7,)")
        bad = np.flatnonzero(~np.isfinite(action))
        if bad.size:
            column = ACTION_COLUMNS[bad[0]]
            return Verdict(False, self.name, f"action {column} is {action[bad[0]]}, not finite")
        return ACCEPTED
