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

from rlco_core.interpolation import cubic, quintic, straight
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

    def state(self) -> JointState:
        """What it tells of the joints; zero where it does not."""
        still = np.zeros_like(self.positions)
        velocity = still if self.velocities is None else self.velocities
        acceleration = still if self.accelerations is None else self.accelerations
        return JointState(self.positions, velocity, acceleration)


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
    ends = (a.state(), b.state())
    span, t = (after.at_ns - before.at_ns) * _NS, (now_ns - before.at_ns) * _NS
    if a.velocities is None or b.velocities is None:
        return straight(*ends, span, t)
    if a.accelerations is None or b.accelerations is None:
        return cubic(*ends, span, t)
    return quintic(*ends, span, t)
