# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How fast motion may go so that it need not wait for the policy."""

from __future__ import annotations

from collections import deque

from rlco_core.stamps import NS_PER_S

#: Chunks whose waits are remembered; the longest of them counts.
_REMEMBERED = 4
#: By which the speed changes in a control period, at most: an arm at full speed is slowed down
#: gently.
_STEP = 0.02
#: Below this an arm would hardly move: a policy that is so slow starves it instead.
_SLOWEST = 0.25
#: While nothing was heard: as good as nothing, and yet stamps remain apart.
_HELD = 1e-3


class Tempo:
    """Slows motion down where chunks would end before the next one comes.

    A chunk has to last from the observation that it answers until the answer to the next one comes.
    That wait is measured, and where it is longer than it should be, motion is stretched until it
    fits. Until the first chunk comes hardly any time of motion passes: the arm stands, and what was
    planned for then still fits.

    Args:
        lasts: s of motion in a chunk that are to suffice; infinite where motion is not to be slowed
            down. What a chunk has beyond that is for answers that come later than those before.
    """

    def __init__(self, lasts: float) -> None:
        self._lasts = lasts
        self.begin()

    def begin(self) -> None:
        """The arm stands, and may go at any speed."""
        self._waits: deque[float] = deque(maxlen=_REMEMBERED)
        self._stamp_ns: int | None = None
        self._speed: float | None = None

    def heard(self, stamp_ns: int, now_ns: int) -> None:
        """A chunk that answers the observation of ``stamp_ns`` came; both in ROS time."""
        # A policy that has answered once will need as long again.
        waited_ns = 2 * (now_ns - stamp_ns) if self._stamp_ns is None else now_ns - self._stamp_ns
        self._waits.append(max(waited_ns, 1) / NS_PER_S)
        self._stamp_ns = stamp_ns

    def step(self) -> float:
        """The share of its speed, in (0, 1], at which motion goes in the period that begins."""
        if not self._waits:
            return _HELD
        wanted = max(min(1.0, self._lasts / max(self._waits)), _SLOWEST)
        if self._speed is None:
            self._speed = wanted
        self._speed += min(max(wanted - self._speed, -_STEP), _STEP)
        return self._speed
