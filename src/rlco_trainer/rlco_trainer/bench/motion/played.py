# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a controller tells the drives of an arm, cycle by cycle, of what the bridge told it.

A joint_trajectory_controller plays the newest trajectory that it has: in every cycle it samples the
quintic between two points, which have positions, velocities and accelerations. So motion is known
between points, too, and its derivatives are the polynomial's own. Where a trajectory replaces
another one, an arm feels what positions do from cycle to cycle. Both are looked at. A controller
that is told set-points one by one has positions alone, one per period.

It shares no code with what makes the motion, so that it can be asked about that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import polynomial
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_NS = 1e-9
#: Velocity, acceleration and jerk.
ORDERS = (1, 2, 3)
#: rad: less than this between two trajectories is nothing.
_GAP = 1e-6
#: From place, velocity and acceleration at both ends of [0, 1] to the quintic's coefficients.
_QUINTIC = np.array(
    [
        [1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.5, 0.0, 0.0, 0.0],
        [-10.0, -6.0, -1.5, 10.0, -4.0, 0.5],
        [15.0, 8.0, 1.5, -15.0, 7.0, -1.0],
        [-6.0, -3.0, -0.5, 6.0, -3.0, 0.5],
    ]
)


@dataclass(frozen=True)
class Sent:
    """A trajectory that a controller was sent.

    Attributes:
        heard_ns: simulated time at which it was there.
        stamp_ns: simulated time of its beginning; 0: when it was there.
        after_ns: (k,) when its points are due, from then.
        joints, velocity, acceleration: (k, n) rad, rad/s and rad/s^2.
    """

    heard_ns: int
    stamp_ns: int
    after_ns: NDArray[np.int64]
    joints: Vector
    velocity: Vector
    acceleration: Vector

    @property
    def begins_ns(self) -> int:
        """When it takes over."""
        return max(self.heard_ns, self.stamp_ns)

    @property
    def due_ns(self) -> NDArray[np.int64]:
        """(k,) when its points are due."""
        return (self.stamp_ns or self.heard_ns) + self.after_ns

    def at(self, times_ns: NDArray[np.int64]) -> list[Vector]:
        """Positions and their three derivatives, (T, n) each, at (T,) times from its beginning on;
        it holds its last point.
        """
        due = self.due_ns
        ended = times_ns >= due[-1]
        found = [self.joints[np.full(len(times_ns), -1)]]
        found += [np.zeros_like(found[0]) for _ in ORDERS]
        if not ended.all():
            for whole, part in zip(found, self._between(times_ns[~ended], due), strict=True):
                whole[~ended] = part
        return found

    def _between(self, times_ns: NDArray[np.int64], due: NDArray[np.int64]) -> list[Vector]:
        """The same before the last point."""
        row = np.searchsorted(due, times_ns, side="right") - 1
        span = ((due[row + 1] - due[row]) * _NS)[:, None]
        share = ((times_ns - due[row]) * _NS)[:, None] / span
        ends = [
            part * span**order
            for place in (row, row + 1)
            for order, part in enumerate(
                (self.joints[place], self.velocity[place], self.acceleration[place])
            )
        ]
        curve = np.tensordot(_QUINTIC, np.array(ends), 1)
        return [
            polynomial.polyval(share, polynomial.polyder(curve, order), tensor=False) / span**order
            for order in (0, *ORDERS)
        ]


@dataclass(frozen=True)
class Played:
    """What the drives were told.

    Attributes:
        period: s from one cycle to the next.
        joints: (T, n) rad.
        rates: (T, n) each, the size of velocity, acceleration and jerk.
        torn, gap: trajectories that did not go on from what was played when they came, and by how
            much at most, rad.
    """

    period: float
    joints: Vector
    rates: tuple[Vector, ...]
    torn: int = 0
    gap: float = 0.0


def play(sent: Sequence[Sent], rate: float) -> Played:
    """Plays trajectories, in the order in which they came, in ``rate`` cycles per second."""
    period_ns = round(1.0 / rate / _NS)
    ends = [one.begins_ns for one in sent[1:]] + [int(sent[-1].due_ns[-1]) + period_ns]
    now, parts, gaps = sent[0].begins_ns, [], []
    for number, (one, end) in enumerate(zip(sent, ends, strict=True)):
        times = np.arange(now, max(end, now), period_ns, dtype=np.int64)
        if len(times):
            parts.append(one.at(times))
            gaps.append(_gap(sent[number - 1], one, times[:1]) if number else 0.0)
            now = int(times[-1]) + period_ns
    joints, *inside = (np.concatenate(rows) for rows in zip(*parts, strict=True))
    outside = differences(joints, period_ns * _NS)
    rates = tuple(np.maximum(np.abs(a), b) for a, b in zip(inside, outside, strict=True))
    torn = sum(gap > _GAP for gap in gaps)
    return Played(period_ns * _NS, joints, rates, torn, max(gaps))


def one_by_one(joints: Vector, rate: float) -> Played:
    """Set-points (T, n), ``rate`` of them per second."""
    return Played(1.0 / rate, joints, tuple(differences(joints, 1.0 / rate)))


def differences(joints: Vector, period: float) -> list[Vector]:
    """The size of the first three finite differences of (T, n), with rest before. Each is what the
    derivative is somewhere in between: none is larger than what the arm has to do.
    """
    most = max(ORDERS)
    rows = np.concatenate([joints[:1]] * most + [joints])
    return [
        np.abs(np.diff(rows, order, axis=0))[most - order :] / period**order for order in ORDERS
    ]


def _gap(before: Sent, after: Sent, time_ns: NDArray[np.int64]) -> float:
    """By how much a trajectory is away from the one that it replaces, rad."""
    return float(np.abs(before.at(time_ns)[0] - after.at(time_ns)[0]).max())
