# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Whether instants follow each other as a policy acts; what was slower is learned too fast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rlco_sim.session import DT


def out_of_rhythm(
    seconds: Sequence[float] | NDArray[np.float64], longest: float, stretched: float
) -> str:
    """What is wrong with the times of T >= 2 instants, as one line; empty if nothing.

    Args:
        seconds: (T,) s.
        longest: control periods that may pass from one instant to the next.
        stretched: how far the mean may be from the control period, as a share of it.
    """
    periods = np.diff(np.asarray(seconds, dtype=np.float64))
    if len(periods) == 0:
        return ""
    mean = float(periods.mean())
    if not abs(mean / DT - 1.0) <= stretched:
        return f"recorded at {1.0 / mean:.1f} Hz; policies act at {1.0 / DT:.0f} Hz"
    if not (periods.min() > 0.0 and periods.max() <= longest * DT):
        where = int(np.argmax(np.abs(periods - DT)))
        return f"{periods[where]:.3f} s between instants {where} and {where + 1}, not {DT} s"
    return ""
