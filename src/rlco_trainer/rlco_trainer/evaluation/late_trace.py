# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What an episode with a slow policy came to, noted period by period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_sim.session import DT


@dataclass(frozen=True)
class LateTrace:
    """One finished episode.

    Attributes:
        success, stop_reason: how it ended.
        seconds: simulated time until then.
        starved_s: time between the first command and the last for which there was no row.
        standing_s: how long of that set-points stood still.
        moves: (periods, 3) m, by which every period from the first command to the last changed the
            commanded end effector's position.
        speeds: (periods,) at which they went, 1 for as fast as planned.
        seams: periods in which the newest chunk was another than before, or rows ended or began
            again.
    """

    success: bool
    stop_reason: str
    seconds: float
    starved_s: float
    standing_s: float
    moves: NDArray[np.float64]
    speeds: NDArray[np.float64]
    seams: tuple[int, ...]

    def seam_jerks(self) -> NDArray[np.float64]:
        """(k,) m/s^3 of the commanded end effector, of every seam the largest of the differences
        that it is part of.
        """
        jerks = np.linalg.norm(np.diff(self.moves, 2, axis=0, prepend=np.zeros((2, 3))), axis=1)
        jerks *= self.speeds**3
        ends = [jerks[seam : seam + 2].max() for seam in self.seams if seam > 1]
        return np.array(ends, dtype=np.float64) / DT**3


class Log:
    """Notes periods.

    Attributes:
        starved_s: for which there has been no row, s.
    """

    def __init__(self) -> None:
        self.starved_s = 0.0
        self._fed: list[bool] = []
        self._stamps: list[int] = []
        self._moves: list[NDArray[np.float64]] = []
        self._speeds: list[float] = []
        self._passed: list[float] = []
        self._standing: list[float] = []

    def note(self, fed: bool, stamp_ns: int, moved: NDArray[np.float64], speed: float) -> None:
        """A period of control begins.

        Args:
            fed: whether there is a row for it.
            stamp_ns: of the newest chunk.
            moved: (3,) m, how the commanded end effector does.
            speed: at which it does.
        """
        self.starved_s = 0.0 if fed else self.starved_s
        self._fed.append(fed)
        self._stamps.append(stamp_ns)
        self._moves.append(moved)
        self._speeds.append(speed)
        self._passed.append(0.0)
        self._standing.append(0.0)

    def pass_period(self, standing: float) -> None:
        """A period of the clock has passed, and of it the arm was told to stand for so long, s."""
        if self._fed:
            self.starved_s += 0.0 if self._fed[-1] else DT
            self._passed[-1] += DT
            self._standing[-1] += standing

    def trace(self, stop_reason: str, seconds: float) -> LateTrace:
        """The episode that has ended so."""
        acting = [k for k, fed in enumerate(self._fed) if fed]
        first, end = (acting[0], acting[-1] + 1) if acting else (0, 0)
        starved = [k for k in range(first, end) if not self._fed[k]]
        states = list(zip(self._fed, self._stamps, strict=True))
        return LateTrace(
            success=stop_reason == "success",
            stop_reason=stop_reason,
            seconds=seconds,
            starved_s=sum(self._passed[k] for k in starved),
            standing_s=sum(self._standing[k] for k in starved),
            moves=np.array(self._moves[first:end]).reshape(-1, 3),
            speeds=np.array(self._speeds[first:end]),
            seams=tuple(k - first for k in range(first + 1, end) if states[k] != states[k - 1]),
        )
