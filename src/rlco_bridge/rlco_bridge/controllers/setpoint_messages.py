# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Set-points as the messages of controllers that are told them one by one."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from rlco_bridge.streaming.player import Setpoint
from rlco_core.robot import RobotConfig

#: Kinds of controllers that are told set-points, each in the file of its name.
STREAMED = ("forward_position", "forward_velocity", "joint_target", "cartesian_pose", "twist")


class SetpointMessages(Protocol):
    """How one kind of controller is told a set-point.

    Attributes:
        type: of its messages.
        lockstep: whether it can be told where to be at the end of a control period.
        persists: whether what it was told last moves the arm on and on.
    """

    type: type
    lockstep: bool
    persists: bool

    def make(self, setpoint: Setpoint) -> Any:
        """The message, which is the same object every time."""


def setpoint_messages(
    kind: str, robot: RobotConfig, joints: Sequence[str], base_frame: str
) -> SetpointMessages:
    """The messages of ``kind``, for ``joints`` and in ``base_frame`` (names with their prefix)."""
    # Only the one that is used is imported, as the process that plays courses should be small.
    module = import_module(f"rlco_bridge.controllers.{kind}")
    return cast(SetpointMessages, module.Messages(robot, joints, base_frame))
