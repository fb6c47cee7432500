# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Whether an arm goes where it was told to."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from rlco_bridge.course import Course

Vector = NDArray[np.float64]

#: ns by which arms may follow late.
_LATE = 400_000_000
#: rad of joint motion that is no motion.
_STILL = 2e-3
#: ns for which an arm that stands has stood.
_STOOD = 150_000_000


class Tracking:
    """Compares measured joints with where they were told to be lately, from ``begin`` to ``end``.

    Args:
        farthest: rad that a joint may be away from all that it was told in the last 0.4 s.
    """

    def __init__(self, farthest: float) -> None:
        self._farthest = farthest
        self._told: deque[tuple[int, Vector]] = deque()
        self._measured: deque[tuple[int, Vector]] = deque()

    def begin(self, joints: Vector, now_ns: int) -> None:
        """The arm stands at ``joints`` (n,) rad."""
        self._told = deque([(now_ns, joints)])

    def end(self) -> None:
        """From now on the arm may be anywhere."""
        self._told.clear()

    def tell(self, course: Course) -> None:
        """From its stamp on the arm is told this."""
        if not self._told:
            return
        while self._told and self._told[-1][0] >= course.stamp_ns:
            self._told.pop()
        stamps = range(course.stamp_ns, 2**63 - 1, course.period_ns)
        self._told.extend(
            (stamp, state.joints) for stamp, state in zip(stamps, course.states, strict=False)
        )

    def measure(self, joints: Vector, now_ns: int) -> str:
        """Where the arm is; what is wrong with that, as one line, empty if nothing."""
        self._remember(joints, now_ns)
        if not self._told:
            return ""
        while len(self._told) > 1 and self._told[1][0] <= now_ns - _LATE:
            self._told.popleft()
        recent = [row for stamp, row in self._told if stamp <= now_ns]
        if not recent:
            return ""
        rows = np.array(recent)
        low, high = rows.min(0), rows.max(0)
        away = np.maximum(np.maximum(low - joints, joints - high), 0.0)
        worst = int(away.argmax())
        if away[worst] <= self._farthest:
            return ""
        return (
            f"joint {worst + 1} is {away[worst]:.2f} rad from all that it was told in the last "
            f"{_LATE * 1e-9:g} s, {self._farthest:g} allowed; is its controller active, "
            "and nothing in its way?"
        )

    @property
    def still(self) -> bool:
        """Whether the arm has stood still for a while."""
        if len(self._measured) < 2 or self._measured[-1][0] - self._measured[0][0] < _STOOD:
            return False
        rows = np.array([row for _, row in self._measured])
        return bool((np.ptp(rows, axis=0) < _STILL).all())

    def _remember(self, joints: Vector, now_ns: int) -> None:
        if self._measured and now_ns < self._measured[-1][0]:
            self._measured.clear()
        self._measured.append((now_ns, joints))
        while len(self._measured) > 2 and self._measured[1][0] <= now_ns - _STOOD:
            self._measured.popleft()
