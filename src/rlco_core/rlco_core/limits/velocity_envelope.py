# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Joints slow down towards their stops where the robot asks for it, as an FR3 does."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rlco_core.limits import Setpoint
from rlco_core.robot import VelocityEnvelope
from rlco_core.types import ACCEPTED, Verdict

_SLACK = 1e-6


class VelocityEnvelopeLimit:
    """Refuses velocities beyond ``share`` of what ``envelope`` allows at the joints, less ``room``,
    rad/s.
    """

    name = "velocity_envelope"

    def __init__(
        self, names: Sequence[str], envelope: VelocityEnvelope, share: float, room: float
    ) -> None:
        rows = (envelope.slope, envelope.offset, envelope.lower, envelope.upper)
        self._rows = tuple(zip(names, *rows, strict=True))
        self._share, self._room = share, room

    def check(self, setpoint: Setpoint) -> Verdict:
        moving = zip(setpoint.joints.tolist(), setpoint.velocity.tolist(), self._rows, strict=True)
        for place, rate, (name, slope, offset, lower, upper) in moving:
            left = upper - place if rate > 0.0 else place - lower
            highest = self._share * (math.sqrt(slope * max(left, 0.0)) - offset) - self._room
            highest = max(highest, 0.0)
            if not abs(rate) <= highest + _SLACK:
                return Verdict(
                    False,
                    self.name,
                    f"{name} would move at {abs(rate):.2f} rad/s, {highest:.2f} allowed at "
                    f"{place:.3f} rad",
                )
        return ACCEPTED
