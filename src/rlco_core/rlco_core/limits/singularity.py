# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""No set-point brings an arm nearer to a singularity than it may be."""

from __future__ import annotations

from rlco_core.kinematics import Kinematics
from rlco_core.limits import Setpoint
from rlco_core.singularity import nearer
from rlco_core.types import ACCEPTED, Verdict


class SingularityLimit:
    """Refuses set-points at which the end effector's Jacobian has a singular value below ``least``
    and that move on towards the singularity; from there the way out is free.
    """

    name = "singularity"

    def __init__(self, kinematics: Kinematics, least: float) -> None:
        self._kinematics, self._least = kinematics, least

    def check(self, setpoint: Setpoint) -> Verdict:
        joints = setpoint.joints
        if self._kinematics.is_dexterous(joints, self._least):
            return ACCEPTED
        if not nearer(self._kinematics, joints, setpoint.velocity):
            return ACCEPTED
        value, least = self._kinematics.dexterity(joints), self._least
        return Verdict(
            False,
            self.name,
            f"the arm would come nearer to a singularity, at {value:.3f}, {least:.3f} allowed",
        )
