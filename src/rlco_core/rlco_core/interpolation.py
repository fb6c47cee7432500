# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Where joints are between two of their states: the polynomials of joint_trajectory_controller."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rlco_core.profiles import JointState

Vector = NDArray[np.float64]
#: s, or (k, 1) of them where states have (k, n) rows.
Times = float | Vector


def straight(before: JointState, after: JointState, span: float, t: float) -> JointState:
    """``t`` of ``span`` seconds after ``before``, on a straight line to ``after``."""
    slope = (after.joints - before.joints) / span
    return JointState(before.joints + t * slope, slope, np.zeros_like(slope))


def cubic(before: JointState, after: JointState, span: float, t: float) -> JointState:
    """``t`` of ``span`` seconds after ``before``, with the velocities of both."""
    way = after.joints - before.joints - before.velocity * span
    speed = after.velocity - before.velocity
    third = (3.0 * way - speed * span) / span**2
    fourth = (speed * span - 2.0 * way) / span**3
    return _polynomial([before.joints, before.velocity, third, fourth], t)


def quintic(before: JointState, after: JointState, span: float, t: Times) -> JointState:
    """``t`` of ``span`` seconds after ``before``, with velocities and accelerations of both."""
    half = 0.5 * before.acceleration
    way = after.joints - before.joints - before.velocity * span - half * span**2
    speed = (after.velocity - before.velocity - before.acceleration * span) * span
    push = (after.acceleration - before.acceleration) * span**2
    coefficients = [
        before.joints,
        before.velocity,
        half,
        (10.0 * way - 4.0 * speed + 0.5 * push) / span**3,
        (-15.0 * way + 7.0 * speed - push) / span**4,
        (6.0 * way - 3.0 * speed + 0.5 * push) / span**5,
    ]
    return _polynomial(coefficients, t)


def _polynomial(coefficients: Sequence[Vector], t: Times) -> JointState:
    """Value and first two derivatives at ``t``."""
    powers = list(enumerate(coefficients))
    position = sum(c * t**k for k, c in powers)
    velocity = sum(k * c * t ** (k - 1) for k, c in powers[1:])
    acceleration = sum(k * (k - 1) * c * t ** (k - 2) for k, c in powers[2:])
    return JointState(*(np.asarray(part) for part in (position, velocity, acceleration)))
