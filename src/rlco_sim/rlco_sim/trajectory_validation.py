# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Which trajectories controllers reject.

``validated`` looks at what joint_trajectory_controller does, in its order, and at nothing else:
values that are not finite, or beyond any limit, it takes. ``require_sound`` sees to the former, and
to joints that are named twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rlco_core.errors import ConfigError
from rlco_sim.trajectory import Point, Vector

_NS = 1e-9
#: What still is rest, rad/s: a float's smallest step from 1.
_REST = 1.1920929e-07


def validated(
    joints: Sequence[str],
    names: Sequence[str],
    points: Sequence[Point],
    stamp_ns: int,
    now_ns: int,
    takes_effort: bool = False,
) -> list[Point]:
    """The points of a trajectory of ``names`` in the order of ``joints``.

    A joint that is named twice leaves another one at zero: that, too, goes unseen.

    Raises:
        ConfigError: it is rejected.
    """
    _require_names(joints, names)
    if not points:
        raise ConfigError("trajectory has no points; it needs one at least")
    _require_known(joints, names)
    _require_rest(names, points[-1])
    if stamp_ns and stamp_ns + points[-1].after_ns < now_ns:
        late = (now_ns - stamp_ns - points[-1].after_ns) * _NS
        raise ConfigError(f"trajectory ended {late:.3f} s ago")
    for k, point in enumerate(points):
        if k and point.after_ns <= points[k - 1].after_ns:
            raise ConfigError(f"times do not increase from point {k - 1} to point {k}")
        _require_sizes(k, point, len(names))
        if point.effort is not None and not takes_effort:
            raise ConfigError(f"point {k} has efforts, which this controller does not command")
    index = [joints.index(name) for name in names]
    return [_placed(point, index, len(joints)) for point in points]


def require_sound(names: Sequence[str], points: Sequence[Point]) -> None:
    """Raises ConfigError where a joint is named twice, or a value is not finite."""
    if len(set(names)) < len(names):
        raise ConfigError(f"trajectory has joints [{', '.join(names)}]; it should have each once")
    for k, point in enumerate(points):
        if not all(np.isfinite(row).all() for row in _rows(point)):
            raise ConfigError(f"point {k} has values that are not finite")


def _require_names(joints: Sequence[str], names: Sequence[str]) -> None:
    if len(names) != len(joints) or not names:
        raise ConfigError(f"trajectory has {len(names)} joints, it should have {len(joints)}")


def _require_known(joints: Sequence[str], names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in joints]
    if unknown:
        raise ConfigError(
            f"trajectory has joint {unknown[0]}, it should have [{', '.join(joints)}]"
        )


def _require_rest(names: Sequence[str], last: Point) -> None:
    velocities = () if last.velocities is None else last.velocities
    for name, velocity in zip(names, velocities, strict=False):
        if abs(velocity) > _REST:
            raise ConfigError(f"trajectory ends with {name} at {velocity:g} rad/s, not at rest")


def _require_sizes(k: int, point: Point, count: int) -> None:
    if any(len(row) != count for row in _rows(point)):
        raise ConfigError(
            f"point {k} should have {count} positions, and as many of what else it tells"
        )


def _rows(point: Point) -> list[Vector]:
    """Positions, and what else is told of motion."""
    told = (point.velocities, point.accelerations)
    return [point.positions, *(row for row in told if row is not None)]


def _placed(point: Point, index: Sequence[int], count: int) -> Point:
    def row(values: Vector | None) -> Vector | None:
        if values is None:
            return None
        placed = np.zeros(count)
        placed[list(index)] = values
        return placed

    positions = row(point.positions)
    assert positions is not None
    return Point(point.after_ns, positions, row(point.velocities), row(point.accelerations))
