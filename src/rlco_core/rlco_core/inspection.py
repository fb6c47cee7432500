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

from rlco_core.bodies import Bodies
from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig

Vector = NDArray[np.float64]

#: What rounding adds to a position, m or rad, to share of a rate, and to a rate itself by how
#: many differences lie behind it.
_PLACE, _SHARE, _ROUNDED = 1e-9, 1e-6, 1e-13


class Inspector:
    """Counts set-points beyond the limits of ``robot``, given ``rate`` per second.

    Collisions are looked at where there are ``bodies``.
    """

    def __init__(
        self, robot: RobotConfig, kinematics: Kinematics, rate: float, bodies: Bodies | None = None
    ) -> None:
        limits, self._rate = robot.limits, rate
        self._kinematics, self._bodies = kinematics, bodies
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
        self._singularity, self._envelope = limits.singularity, limits.velocity_envelope
        self._scale = limits.velocity_scale
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
        found["velocity_envelope"] = self._beyond_envelope(joints)
        found["singularity"] = self._into_singularities(joints)
        if self._bodies is not None:
            found["collision"] = sum(self._bodies.too_near(row) for row in joints)
        return found

    def _beyond_envelope(self, joints: Vector) -> int:
        """Steps faster than at either of their ends, where that depends on the place."""
        if self._envelope is None:
            return 0
        slope, offset, low, high = (np.array(row) for _, row in self._envelope)
        left = {1.0: (high - joints).clip(0.0), -1.0: (joints - low).clip(0.0)}
        beyond = np.zeros((len(joints) - 1, joints.shape[1]), dtype=bool)
        for way, room in left.items():
            bound = self._scale * (np.sqrt(slope * room) - offset).clip(0.0)
            most = np.maximum(bound[1:], bound[:-1]) * (1.0 + _SHARE) + 2.0 * _SHARE
            beyond |= way * np.diff(joints, axis=0) * self._rate > most
        return _rows(beyond)

    def _into_singularities(self, joints: Vector) -> int:
        """Steps towards a singularity where that is near."""
        if self._singularity is None:
            return 0
        jacobians = np.array([self._kinematics.jacobian(row).copy() for row in joints])
        values = np.linalg.svd(jacobians, compute_uv=False)[:, -1]
        inside = values[1:] < self._singularity.stop * (1.0 - _SHARE)
        return int((inside & (np.diff(values) < -_PLACE)).sum())

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
