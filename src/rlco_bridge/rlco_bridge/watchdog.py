# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Deadlines on the steady clock: hangs are noticed even where ROS time stands still."""

from __future__ import annotations

import time
from collections.abc import Callable


class Watchdog:
    """Tells how long something has been silent.

    Args:
        timeout: s; silence longer than this is a fault.
        clock: seconds that only go forward.
    """

    def __init__(self, timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.timeout = timeout
        self._clock = clock
        self.feed()

    def feed(self) -> None:
        """Something came."""
        self._fed = self._clock()

    @property
    def silence(self) -> float:
        """Seconds since the last ``feed``."""
        return self._clock() - self._fed

    @property
    def expired(self) -> bool:
        """Whether the silence is longer than the timeout."""
        return self.silence > self.timeout
