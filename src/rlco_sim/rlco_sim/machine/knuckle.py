# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A Robotiq gripper tells and takes the angle of one knuckle; fingers here travel on a line."""

from __future__ import annotations

from dataclasses import dataclass

from rlco_core.robot import GripperConfig

#: rad, at which the fingers touch; they are open at 0.
CLOSED = 0.7929


@dataclass(frozen=True)
class Knuckle:
    """The angle for a finger's position and back, as if both went together evenly."""

    gripper: GripperConfig

    def angle(self, position: float) -> float:
        """rad, of a finger at ``position``."""
        return CLOSED * (1.0 - self.gripper.opening(position))

    def position(self, angle: float) -> float:
        """Of a finger, where the knuckle is at ``angle`` rad."""
        return self.gripper.joint_position(1.0 - min(max(angle / CLOSED, 0.0), 1.0))

    @property
    def rate(self) -> float:
        """By how much the angle changes, rad, where a finger's position changes by 1."""
        return -CLOSED / (self.gripper.open - self.gripper.closed)
