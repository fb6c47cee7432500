# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The end effector of a set-point stream moves and turns no faster than it may."""

from __future__ import annotations

import math

from rlco_core.limits import Motion
from rlco_core.types import ACCEPTED, Verdict


class ToolSpeedLimit:
    """Refuses an end effector that is faster than ``linear``, m/s, or ``angular``, rad/s."""

    name = "tool_speed"

    def __init__(self, linear: float, angular: float) -> None:
        self._linear, self._angular = linear, angular

    def check(self, setpoint: Motion) -> Verdict:
        twist = setpoint.twist.tolist()
        linear, angular = math.hypot(*twist[:3]), math.hypot(*twist[3:])
        if not linear <= self._linear:
            return Verdict(
                False, self.name, f"{linear:.2f} m/s at the tool, {self._linear} m/s allowed"
            )
        if not angular <= self._angular:
            return Verdict(
                False, self.name, f"{angular:.2f} rad/s at the tool, {self._angular} rad/s allowed"
            )
        return ACCEPTED
