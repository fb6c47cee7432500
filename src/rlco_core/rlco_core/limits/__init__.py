# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One limit, one file. A limit looks at one thing and answers with a Verdict.

Action limits judge the raw (7,) action before anything is computed from it; set-point limits judge
the joint command that inverse kinematics made of it; motion limits judge what a controller is
told at its own rate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from rlco_core.types import ACCEPTED, Verdict

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Setpoint:
    """One joint command.

    Attributes:
        joints: (n,) rad.
        velocity: (n,) rad/s.
        position: (3,) m, end effector at ``joints`` in the base frame, by forward kinematics.
    """

    joints: Vector
    velocity: Vector
    position: Vector


@dataclass(frozen=True)
class Motion(Setpoint):
    """A set-point of a stream, with all that moves.

    Attributes:
        acceleration: (n,) rad/s^2.
        jerk: (n,) rad/s^3, mean since the set-point before.
        elbow: (3,) m, in the base frame.
        twist: (6,) m/s and rad/s, of the end effector, along the axes of the base frame.
        reach: m, how far end effector or elbow may have been from here on their way from the last
            place that was looked at.
    """

    acceleration: Vector
    jerk: Vector
    elbow: Vector
    twist: Vector
    reach: float = 0.0


class ActionLimit(Protocol):
    """Judges a raw action row."""

    def check(self, action: Vector, dt: float) -> Verdict: ...


class SetpointLimit(Protocol):
    """Judges a joint command."""

    def check(self, setpoint: Setpoint) -> Verdict: ...


class MotionLimit(Protocol):
    """Judges a set-point of a stream; every set-point limit can."""

    def check(self, setpoint: Motion) -> Verdict: ...


_Judged = TypeVar("_Judged", contravariant=True)


class _Limit(Protocol[_Judged]):
    def check(self, setpoint: _Judged) -> Verdict: ...


def first_refusal(limits: Iterable[_Limit[_Judged]], setpoint: _Judged) -> Verdict:
    """Asks limits in order; the first that refuses decides."""
    for limit in limits:
        verdict = limit.check(setpoint)
        if not verdict.accepted:
            return verdict
    return ACCEPTED
