# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What the process that plays courses is to be: all that it is started with."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from rlco_core.robot import RobotConfig


class StreamSpec(BaseModel):
    """One arm behind one controller.

    Attributes:
        kind: of the controller, as in ``ArmDriver``.
        topic: resolved.
        name, namespace: of the node.
        joints: names with their prefix.
        base_frame: its name with its prefix.
        robot: the arm.
        period_ns: from one set-point to the next; 0 in lock-step.
        speed: (n,) its joints' top speeds, rad/s.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    topic: str
    name: str
    namespace: str
    joints: tuple[str, ...]
    base_frame: str
    robot: RobotConfig
    period_ns: int
    speed: tuple[float, ...]
