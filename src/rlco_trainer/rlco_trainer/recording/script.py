# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Actions known beforehand, one per control period: an episode's, or those of an expert."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

# Of what the arm is off, made up for per period. What was told comes a period or two late: with
# more, the arm would swing about its path.
_GAIN = 0.25
# Rows of an answer that make up for it: the next answer may be a period late, no more.
_CORRECTED = 2


class Script:
    """Tells which actions are due.

    Args:
        dt_ns: control period.

    Attributes:
        actions: (T, 7) float32, to be set before an episode.
        path: where the arm is told to be at the beginning of every period; may be empty. Where it
            is known, actions make up for periods that the clocks have skipped or played twice.
    """

    def __init__(self, dt_ns: int) -> None:
        self._dt_ns = dt_ns
        self.actions = np.zeros((0, 7), np.float32)
        self.path: Sequence[pin.SE3] = ()
        self.stop()

    def start(self, stamp_ns: int) -> None:
        """The first action is due at the first instant from then on."""
        self._from_ns: int | None = stamp_ns
        self._first_ns: int | None = None
        self._off = np.zeros(6)

    def stop(self) -> None:
        """Nothing is due."""
        self._from_ns = self._first_ns = None

    def told(self, stamp_ns: int, target: pin.SE3) -> None:
        """The arm was told to be at ``target`` at a moment."""
        if self._first_ns is None or stamp_ns < self._first_ns or not self.path:
            return
        wanted = self.path[min(self._period(stamp_ns), len(self.path) - 1)]
        turned = pin.log3(wanted.rotation @ target.rotation.T)
        self._off = np.concatenate([wanted.translation - target.translation, turned])

    def due(self, now_ns: int, count: int) -> tuple[int, NDArray[np.float32]] | None:
        """When the action that is due now became due, and (count, 7) actions from there on, the
        gripper as it is and rest after the last; None while nothing is due.
        """
        if self._from_ns is None or now_ns < self._from_ns or not len(self.actions):
            return None
        if self._first_ns is None:
            self._first_ns = now_ns
        period = self._period(now_ns)
        rows = self.actions[period : period + count]
        rest = np.zeros((count - len(rows), 7), np.float32)
        rest[:, 6] = self.actions[-1, 6]
        rows = np.concatenate([rows, rest])
        if self.path:
            rows[:_CORRECTED, :6] += (_GAIN * self._off).astype(np.float32)
        return self._first_ns + period * self._dt_ns, rows

    def _period(self, now_ns: int) -> int:
        assert self._first_ns is not None
        return (now_ns - self._first_ns) // self._dt_ns


def commanded_path(states: NDArray[np.float32], actions: NDArray[np.float32]) -> list[pin.SE3]:
    """Where the arm of an episode was told to be, T times before an action and once after the last.

    Args:
        states: (T, 17), see ``rlco_core.proprioception``.
        actions: (T, 7).
    """
    path = [_moved(measured_pose(state), state[10:]) for state in states.astype(np.float64)]
    return [*path, _moved(path[-1], actions[-1].astype(np.float64))]


def measured_pose(state: NDArray[np.float64]) -> pin.SE3:
    """Where the end effector of a state (17,) was measured, see ``rlco_core.proprioception``."""
    first, second = state[3:6], state[6:9]
    rotation = np.column_stack([first, second, np.cross(first, second)])
    return pin.SE3(rotation, state[:3])


def _moved(pose: pin.SE3, action: NDArray[np.float64]) -> pin.SE3:
    return pin.SE3(pin.exp3(action[3:6]) @ pose.rotation, pose.translation + action[:3])
