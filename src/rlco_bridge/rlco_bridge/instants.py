# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How far an episode has come, as seen from each side."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Instants:
    """The newest ROS time, ns, at which the arm was measured, the scene was judged, and a command
    was given; None before the first.
    """

    measured_ns: int | None = None
    judged_ns: int | None = None
    commanded_ns: int | None = None

    @property
    def unmeasured(self) -> bool:
        """Whether nothing was measured since the last command."""
        return self.measured_ns == self.commanded_ns

    @property
    def complete_ns(self) -> int | None:
        """The instant that was both measured and judged."""
        return self.measured_ns if self.measured_ns == self.judged_ns else None
