# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Motion as it is told to a controller."""

from __future__ import annotations

from dataclasses import dataclass

from rlco_core.profiles import JointState


@dataclass(frozen=True)
class Course:
    """What joints do from ``stamp_ns`` on.

    Attributes:
        stamp_ns: ROS time of the first state, which is where they are told to be by now.
        period_ns: from one state to the next.
        states: at least one; the last is at rest.
    """

    stamp_ns: int
    period_ns: int
    states: tuple[JointState, ...]
