# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Actions known beforehand, one per control period: an episode's, or those of an expert."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Script:
    """Tells which actions are due.

    Args:
        dt_ns: control period.

    Attributes:
        actions: (T, 7) float32, to be set before an episode.
    """

    def __init__(self, dt_ns: int) -> None:
        self._dt_ns = dt_ns
        self.actions = np.zeros((0, 7), np.float32)
        self.stop()

    def start(self, stamp_ns: int) -> None:
        """The first action is due at the first instant from then on."""
        self._from_ns: int | None = stamp_ns
        self._first_ns: int | None = None

    def stop(self) -> None:
        """Nothing is due."""
        self._from_ns = self._first_ns = None

    def due(self, now_ns: int, count: int) -> tuple[int, NDArray[np.float32]] | None:
        """When the action that is due now became due, and (count, 7) actions from there on, the
        gripper as it is and rest after the last; None while nothing is due.
        """
        if self._from_ns is None or now_ns < self._from_ns or not len(self.actions):
            return None
        if self._first_ns is None:
            self._first_ns = now_ns
        index = (now_ns - self._first_ns) // self._dt_ns
        rows = self.actions[index : index + count]
        rest = np.zeros((count - len(rows), 7), np.float32)
        rest[:, 6] = self.actions[-1, 6]
        return self._first_ns + index * self._dt_ns, np.concatenate([rows, rest])
