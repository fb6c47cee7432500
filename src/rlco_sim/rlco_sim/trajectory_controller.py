# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What joint_trajectory_controller does with the trajectories that it is sent.

It takes or rejects them whole; a new one replaces the one before. Between points it interpolates
by what they tell: positions alone a straight line, with velocities a cubic, with accelerations a
quintic. From where it is now to the first point likewise; where that is over, it jumps to where
the trajectory is. After the last point it holds. It begins where it was told to be, as with the
parameter interpolate_from_desired_state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_core.profiles import JointState

Vector = NDArray[np.float64]

_NS = 1e-9


@dataclass(frozen=True)
class Point:
    """Where joints should be, and when.

    Attributes:
        after_ns: time from the trajectory's start.
        positions: (n,) rad or m.
        velocities, accelerations: (n,) per second and per second squared; None where not told.
        effort: (n,) N m or N; None where not told. Not made use of.
    """

    after_ns: int
    positions: Vector
    velocities: Vector | None = None
    accelerations: Vector | None = None
    effort: Vector | None = None


@dataclass(frozen=True)
class Due:
    """A point at its time."""

    at_ns: int
    point: Point


class TrajectoryController:
    """The controller of some joints.

    Args:
        names: of the joints, in order.
        positions: (n,) where they are.
    """

    def __init__(self, names: Sequence[str], positions: Vector) -> None:
        self._names = list(names)
        self._due = [Due(0, Point(0, np.array(positions, dtype=np.float64)))]

    def accept(
        self, names: Sequence[str], points: Sequence[Point], stamp_ns: int, now_ns: int
    ) -> None:
        """Takes a trajectory that starts at ``stamp_ns``, or now if that is 0.

        Raises:
            ConfigError: it is rejected; the one before goes on.
        """
        order = self._order(names)
        self._require_sound(points, stamp_ns, now_ns)
        start_ns = stamp_ns or now_ns
        due = [Due(start_ns + point.after_ns, _ordered(point, order)) for point in points]
        if due[0].at_ns > now_ns:
            now = self.at(now_ns)
            begun = Point(0, now.joints, now.velocity, now.acceleration)
            due.insert(0, Due(now_ns, begun))
        self._due = due

    def at(self, now_ns: int) -> JointState:
        """Where the joints are told to be."""
        return sample(self._due, now_ns)

    def _order(self, names: Sequence[str]) -> list[int]:
        if sorted(names) != sorted(self._names):
            raise ConfigError(
                f"trajectory has joints [{', '.join(names)}], "
                f"it should have [{', '.join(self._names)}]"
            )
        return [list(names).index(name) for name in self._names]

    def _require_sound(self, points: Sequence[Point], stamp_ns: int, now_ns: int) -> None:
        count = len(self._names)
        if not points:
            raise ConfigError(f"trajectory needs a point with {count} positions")
        for point in points:
            told = (point.velocities, point.accelerations)
            rows = [point.positions, *(row for row in told if row is not None)]
            if any(len(row) != count for row in rows):
                raise ConfigError(f"trajectory needs a point with {count} positions")
            if not all(np.isfinite(row).all() for row in rows):
                raise ConfigError("trajectory has positions that are not finite")
        times = [point.after_ns for point in points]
        if any(late <= early for early, late in pairwise(times)):
            raise ConfigError("trajectory has times that do not increase from point to point")
        if stamp_ns and stamp_ns + times[-1] < now_ns:
            late = (now_ns - stamp_ns - times[-1]) * _NS
            raise ConfigError(f"trajectory ended {late:.3f} s ago")
        last = points[-1].velocities
        if last is not None and np.abs(last).max() > 1e-9:
            raise ConfigError("trajectory does not end at rest")


def sample(due: Sequence[Due], now_ns: int) -> JointState:
    """Where ``due``, in order of time, leads at ``now_ns``: at rest before and after it."""
    following = next((k for k, one in enumerate(due) if one.at_ns > now_ns), len(due))
    if following in (0, len(due)):
        return JointState.at_rest(due[min(following, len(due) - 1)].point.positions)
    return _between(due[following - 1], due[following], now_ns)


def _ordered(point: Point, order: Sequence[int]) -> Point:
    def row(values: Vector | None) -> Vector | None:
        return None if values is None else values[order]

    return Point(
        point.after_ns, point.positions[order], row(point.velocities), row(point.accelerations)
    )


def _between(before: Due, after: Due, now_ns: int) -> JointState:
    """Interpolated by what both points tell."""
    a, b = before.point, after.point
    span, t = (after.at_ns - before.at_ns) * _NS, (now_ns - before.at_ns) * _NS
    if a.velocities is None or b.velocities is None:
        slope = (b.positions - a.positions) / span
        return JointState(a.positions + t * slope, slope, np.zeros_like(slope))
    if a.accelerations is None or b.accelerations is None:
        return _polynomial(_cubic(a, b, span), t)
    return _polynomial(_quintic(a, b, span), t)


def _cubic(a: Point, b: Point, span: float) -> list[Vector]:
    assert a.velocities is not None
    assert b.velocities is not None
    way = b.positions - a.positions - a.velocities * span
    speed = b.velocities - a.velocities
    return [
        a.positions,
        a.velocities,
        (3.0 * way - speed * span) / span**2,
        (speed * span - 2.0 * way) / span**3,
    ]


def _quintic(a: Point, b: Point, span: float) -> list[Vector]:
    assert a.velocities is not None
    assert b.velocities is not None
    assert a.accelerations is not None
    assert b.accelerations is not None
    half = 0.5 * a.accelerations
    way = b.positions - a.positions - a.velocities * span - half * span**2
    speed = (b.velocities - a.velocities - a.accelerations * span) * span
    push = (b.accelerations - a.accelerations) * span**2
    return [
        a.positions,
        a.velocities,
        half,
        (10.0 * way - 4.0 * speed + 0.5 * push) / span**3,
        (-15.0 * way + 7.0 * speed - push) / span**4,
        (6.0 * way - 3.0 * speed + 0.5 * push) / span**5,
    ]


def _polynomial(coefficients: Sequence[Vector], t: float) -> JointState:
    """Value and first two derivatives at ``t``."""
    powers = list(enumerate(coefficients))
    position = sum(c * t**k for k, c in powers)
    velocity = sum(k * c * t ** (k - 1) for k, c in powers[1:])
    acceleration = sum(k * (k - 1) * c * t ** (k - 2) for k, c in powers[2:])
    return JointState(*(np.asarray(part) for part in (position, velocity, acceleration)))
