# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The newest message of a topic, as long as it counts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """Keeps one message.

    Args:
        lockstep: true: a message counts at the instant of its stamp, and there is a message for
            every instant; false: it counts from its arrival on, for ``silence`` seconds.
        silence: s, on the steady clock, as ROS time may stand still.
        steady: seconds that only go forward.
    """

    def __init__(
        self, lockstep: bool, silence: float, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._lockstep, self._silence, self._steady = lockstep, silence, steady
        self._kept: tuple[int, float, T] | None = None

    def put(self, stamp_ns: int, message: T) -> None:
        """A message came."""
        self._kept = stamp_ns, self._steady(), message

    def get(self, now_ns: int) -> T | None:
        """The message that counts now; None while there is none."""
        if self._kept is None:
            return None
        stamp_ns, arrived, message = self._kept
        if self._lockstep:
            return message if stamp_ns == now_ns else None
        return message if self._steady() - arrived <= self._silence else None
