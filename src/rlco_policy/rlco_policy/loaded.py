# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A bundle that is ready, and all that answers with it: exchanged as one."""

from __future__ import annotations

from dataclasses import dataclass

from rlco_core.bundle import Bundle
from rlco_policy.cameras import Cameras
from rlco_policy.engine import OnnxPolicy
from rlco_policy.measurements import Topics
from rlco_policy.responder import Responder


@dataclass(frozen=True)
class Loaded:
    """What a node has after configuring.

    Attributes:
        joint_names: what is read from joint states, see `measured_joints`.
        frame: the robot's base frame, in which chunks are.
    """

    bundle: Bundle
    policy: OnnxPolicy
    cameras: Cameras
    topics: Topics
    responder: Responder
    joint_names: tuple[str, ...]
    frame: str

    def figures(self) -> dict[str, str]:
        """For people and diagnostics."""
        return {
            "bundle_sha256": self.bundle.sha256,
            "provider": self.policy.provider,
            **self.responder.figures(),
            **self.cameras.figures(),
        }
