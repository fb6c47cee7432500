# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What limits of joint velocity, acceleration and jerk have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rlco_core.types import ACCEPTED, Verdict

_SLACK = 1e-6


class Rate:
    """Compares (n,) rates of joints with the largest that each may have.

    Args:
        limit: name of the limit that asks.
        names: of the joints.
        highest: (n,) largest values.
        unit: of the values.
    """

    def __init__(self, limit: str, names: Sequence[str], highest: ArrayLike, unit: str) -> None:
        self._limit, self._names, self._unit = limit, names, unit
        self._highest = np.asarray(highest, dtype=np.float64)
        # Plain floats: for a handful of them a loop is quicker than NumPy.
        self._bounds = (self._highest + _SLACK).tolist()

    def check(self, rates: NDArray[np.float64]) -> Verdict:
        """Refuses what is beyond a bound or not finite; names the joint that is worst."""
        for rate, bound in zip(rates.tolist(), self._bounds, strict=True):
            if not abs(rate) <= bound:
                return self._refusal(np.abs(rates))
        return ACCEPTED

    def _refusal(self, rates: NDArray[np.float64]) -> Verdict:
        worst = int(np.argmax(rates / self._highest))
        return Verdict(
            False,
            self._limit,
            f"{self._names[worst]} would move at {rates[worst]:.2f} {self._unit}, "
            f"{self._highest[worst]:.2f} allowed",
        )
