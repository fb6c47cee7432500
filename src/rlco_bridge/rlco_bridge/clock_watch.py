# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Notices where ROS time jumps: what is stamped then means nothing any more."""

from __future__ import annotations

import time
from collections.abc import Callable

#: s that ROS time may gain on the steady clock between two looks, and lose.
_FORWARD, _BACKWARD = 0.5, 0.1


class ClockWatch:
    """Compares ROS time with a steady clock.

    Simulated time may pass slower than the steady clock, or faster by as much as ``_FORWARD``
    between two looks; it never goes back.

    Args:
        steady: seconds that only go forward.
    """

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._last: tuple[int, float] | None = None

    def look(self, now_ns: int) -> str:
        """How ROS time, which is ``now_ns``, jumped since the last look; empty if it did not."""
        steady, last = self._steady(), self._last
        self._last = now_ns, steady
        if last is None or last[0] == 0:  # simulated time begins with whatever is heard first
            return ""
        passed = (now_ns - last[0]) * 1e-9
        if -_BACKWARD <= passed <= steady - last[1] + _FORWARD:
            return ""
        way = "forward" if passed > 0.0 else "back"
        return f"the ROS clock jumped {way} by {abs(passed):.2f} s"
