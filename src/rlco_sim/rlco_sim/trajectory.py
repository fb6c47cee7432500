# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Joint trajectories: points, when they are due, and where joints are between them.

Between points the way follows from what both tell: positions alone make a straight line, with
velocities a cubic, with accelerations a quintic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


def scheduled(points: Sequence[Point], start_ns: int, now_ns: int, now: Point) -> list[Due]:
    """A trajectory that starts at ``start_ns``; where its first point is yet to come, the way there
    begins at ``now``, the point where joints are at ``now_ns``.
    """
    due = [Due(start_ns + point.after_ns, point) for point in points]
    return [Due(now_ns, now), *due] if due[0].at_ns > now_ns else due


def sample(due: Sequence[Due], now_ns: int) -> JointState:
    """Where ``due``, in order of time, leads at ``now_ns``: at rest before and after it."""
    following = next((k for k, one in enumerate(due) if one.at_ns > now_ns), len(due))
    if following in (0, len(due)):
        return JointState.at_rest(due[min(following, len(due) - 1)].point.positions)
    return _between(due[following - 1], due[following], now_ns)


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
