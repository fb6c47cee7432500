# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Shadow mode: the policy decides and nothing is commanded; what it would have done is compared
with what the arm did, led by a person or by a recording.

At every chunk the action path begins anew where the arm is measured. At the next one, where it
would be by then is held against where the arm is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_bridge.episode import Episode, Measured
from rlco_core.kinematics import Kinematics

#: m that the end effector must have moved for its direction to mean something.
_MOVED = 2e-3


@dataclass(frozen=True)
class Glance:
    """From one chunk to the next.

    Attributes:
        stamp_ns: ROS time of its end.
        would, did: (3,) m, how the end effector would have moved, and did, in the base frame.
        would_open, did_open: the gripper's opening that was wanted at the end, and was, in [0, 1].
    """

    stamp_ns: int
    would: NDArray[np.float64]
    did: NDArray[np.float64]
    would_open: float
    did_open: float

    @property
    def away(self) -> float:
        """m between where it would be and where it is."""
        return float(np.linalg.norm(self.would - self.did))

    @property
    def agreement(self) -> float | None:
        """Cosine of the two directions; None where either hardly moved."""
        lengths = np.linalg.norm(self.would), np.linalg.norm(self.did)
        if min(lengths) < _MOVED:
            return None
        return float(self.would @ self.did / (lengths[0] * lengths[1]))


class Shadow:
    """Compares, chunk by chunk.

    Args:
        kinematics: of the arm.
    """

    def __init__(self, kinematics: Kinematics) -> None:
        self._kinematics = kinematics
        self.begin()

    def begin(self) -> None:
        """An episode begins."""
        self.glances: list[Glance] = []
        self._start: NDArray[np.float64] | None = None

    def glance(self, episode: Episode, measured: Measured) -> Glance | None:
        """A chunk was accepted, with the arm as ``measured``; None at the first one."""
        told, opening = episode.reseed(measured)
        start, here = self._start, self._place(measured.joints)
        self._start = here
        if start is None:
            return None
        would = self._place(told) - start
        found = Glance(measured.stamp_ns, would, here - start, opening, measured.gripper_opening)
        self.glances.append(found)
        return found

    def report(self) -> str:
        """One line about the episode; empty where there is nothing to compare."""
        if not self.glances:
            return ""
        away = np.array([one.away for one in self.glances]) * 1000.0
        agreements = [one.agreement for one in self.glances]
        known = [value for value in agreements if value is not None]
        same = np.mean([abs(one.would_open - one.did_open) < 0.5 for one in self.glances])
        ways = f"{np.mean(known):.2f} mean cosine of {len(known)} directions" if known else "no way"
        return (
            f"{len(away)} chunks: {np.median(away):.1f} mm (median) and {away.max():.1f} mm (most) "
            f"between would and did, {ways}, gripper alike in {same:.0%}"
        )

    def _place(self, joints: NDArray[np.float64]) -> NDArray[np.float64]:
        place: NDArray[np.float64] = self._kinematics.forward(joints).translation
        return place.copy()
