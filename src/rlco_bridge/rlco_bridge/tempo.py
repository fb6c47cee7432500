# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How fast motion may go so that it need not wait for the policy."""

from __future__ import annotations

from collections import deque

from rlco_core.stamps import seconds_to_ns

#: Chunks whose waits are remembered; the longest of them counts.
_REMEMBERED = 4
#: By which the speed changes in a control period, at most: an arm at full speed is slowed down
#: gently.
_STEP = 0.02
#: Below this an arm would hardly move: a policy that is so slow starves it instead.
_SLOWEST = 0.25


class Tempo:
    """Slows motion down where chunks would end before the next one comes.

    A chunk has to last from the observation that it answers until the answer to the next one comes.
    That wait is measured, and where it is longer than a chunk, motion is stretched until it fits.

    Args:
        lasts: s of motion in a chunk.
        dt: control period, s; the slack that is left for answers that come late.
    """

    def __init__(self, lasts: float, dt: float) -> None:
        self._lasts_ns = seconds_to_ns(lasts - dt)
        self.begin()

    def begin(self) -> None:
        """The arm stands, and may go at any speed."""
        self._waits: deque[int] = deque(maxlen=_REMEMBERED)
        self._stamp_ns: int | None = None
        self._speed: float | None = None

    def heard(self, stamp_ns: int, now_ns: int) -> None:
        """A chunk that answers the observation of ``stamp_ns`` came; both in ROS time."""
        # A policy that has answered once will need as long again.
        first = 2 * (now_ns - stamp_ns)
        self._waits.append(first if self._stamp_ns is None else now_ns - self._stamp_ns)
        self._stamp_ns = stamp_ns

    def step(self) -> float:
        """The share of its speed, in (0, 1], at which motion goes in the period that begins."""
        if not self._waits:
            return 1.0
        wanted = max(min(1.0, self._lasts_ns / max(max(self._waits), 1)), _SLOWEST)
        if self._speed is None:
            self._speed = wanted
        self._speed += min(max(wanted - self._speed, -_STEP), _STEP)
        return self._speed
