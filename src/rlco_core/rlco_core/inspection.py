# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Looks at set-points from outside: what they did beyond a robot's limits, by finite differences.

It shares no code with what gives them, so that it can be asked about that.
"""

from __future__ import annotations

import itertools

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig

Vector = NDArray[np.float64]

#: What rounding adds to a position, m or rad, to share of a rate, and to a rate itself by how
#: many differences lie behind it.
_PLACE, _SHARE, _ROUNDED = 1e-9, 1e-6, 1e-13


class Inspector:
    """Counts set-points beyond the limits of ``robot``, given ``rate`` per second."""

    def __init__(self, robot: RobotConfig, kinematics: Kinematics, rate: float) -> None:
        limits, self._rate = robot.limits, rate
        self._kinematics = kinematics
        self._lowest = kinematics.lower + limits.joint_margin - _PLACE
        self._highest = kinematics.upper - limits.joint_margin + _PLACE
        self._rates = {
            "joint_velocity": kinematics.velocity * limits.velocity_scale,
            "joint_acceleration": np.array(limits.acceleration) * limits.dynamics_scale,
            "joint_jerk": np.array(limits.jerk) * limits.dynamics_scale,
        }
        box, margin = limits.workspace, limits.workspace_margin + _PLACE
        self._box = np.array(box.lower) - margin, np.array(box.upper) + margin
        away = limits.keep_out_margin - _PLACE
        self._keep_out = [
            (np.array(out.lower) - away, np.array(out.upper) + away)
            for out in limits.keep_out.values()
        ]
        self._tool_speed, self._tool_rotation = limits.tool_speed, limits.tool_rotation

    def count(self, joints: Vector) -> dict[str, int]:
        """How many of consecutive set-points (T, n), rad, are beyond each limit.

        Set-points that are not finite count as such, and rates are not looked at then.
        """
        if not (finite := np.isfinite(joints).all(1)).all():
            return {"finite": int((~finite).sum())}
        found = {"joint_position": _rows((joints < self._lowest) | (joints > self._highest))}
        rates = joints
        for order, (name, bound) in enumerate(self._rates.items(), 1):
            rates = np.diff(rates, axis=0) * self._rate
            rounded = _ROUNDED * (2.0 * self._rate) ** order
            found[name] = _rows(np.abs(rates) > bound * (1.0 + _SHARE) + rounded)
        tool, elbow, turns = self._places(joints)
        found["workspace"] = _rows((tool < self._box[0]) | (tool > self._box[1]))
        found["keep_out"] = sum(
            int(((part > low) & (part < high)).all(1).sum())
            for part in (tool, elbow)
            for low, high in self._keep_out
        )
        speed = np.linalg.norm(np.diff(tool, axis=0), axis=1) * self._rate
        found["tool_speed"] = int((speed > self._tool_speed * (1.0 + _SHARE)).sum())
        turned = np.array([pin.log3(a.T @ b) for a, b in itertools.pairwise(turns)]).reshape(-1, 3)
        rotation = np.linalg.norm(turned, axis=1) * self._rate
        found["tool_rotation"] = int((rotation > self._tool_rotation * (1.0 + _SHARE)).sum())
        return found

    def _places(self, joints: Vector) -> tuple[Vector, Vector, Vector]:
        """Where the end effector (T, 3) and the elbow (T, 3) are, m, and how the first is turned
        (T, 3, 3).
        """
        still = np.zeros(joints.shape[1])
        rows = [self._kinematics.moving(row, still) for row in joints]
        return (
            np.array([tool.translation for tool, _, _ in rows]),
            np.array([elbow for _, elbow, _ in rows]),
            np.array([tool.rotation for tool, _, _ in rows]),
        )


def _rows(beyond: NDArray[np.bool_]) -> int:
    return int(beyond.any(1).sum())
