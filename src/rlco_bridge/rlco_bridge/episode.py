# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One episode of the arm: which command follows now, and when and why it is over.

Pure logic in the caller's time; the node brings messages in and carries commands out.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_core.chunks import ChunkPlayer
from rlco_core.motion import ActionPath, Command
from rlco_core.types import ActionChunk, Verdict

# Refusals that say that a chunk came too late or out of turn. The policy may recover from
# these; all others mean that it is broken.
_UNTIMELY = ("stale", "order", "future")
#: Commands that are remembered: joint states are told no later than this many periods.
_REMEMBERED = 16
#: Stop reasons that are no fault of anybody.
ORDERLY = ("success", "step_limit")


@dataclass(frozen=True)
class Measured:
    """The arm at one instant.

    Attributes:
        stamp_ns: ROS time of the measurement.
        joints: (n,) rad.
        gripper_opening: in [0, 1].
        whole: the gripper was heard lately; else its opening is an old one, not to be acted on.
    """

    stamp_ns: int
    joints: NDArray[np.float64]
    gripper_opening: float
    whole: bool = True


@dataclass(frozen=True)
class Outcome:
    """How an episode ended.

    Attributes:
        stop_reason: one of RunEpisode's STOP constants.
        detail: one line for people.
    """

    stop_reason: str
    detail: str = ""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.stop_reason, self.detail) if part)


@dataclass(frozen=True)
class Played:
    """What one control period was commanded by.

    Attributes:
        action: (7,).
        by_person: whether a person made it.
        told: what was in force before.
    """

    action: NDArray[np.float32]
    by_person: bool
    told: Command


class Episode:
    """Plays chunks on the arm from ``start_ns`` until something ends it.

    Args:
        number: chunks of other episodes are ignored.
        start_ns: the first observation that counts.
        max_steps: control periods after which it ends.
        player, path: the one action path, to be reset here.
        steady: seconds that only go forward, for latencies.

    Attributes:
        outcome: None while it runs.
        steps: commands given.
        played: what the last command came from; None before the first.
        latencies_ms: from the arrival of an observation to the first command that answers it.
    """

    def __init__(
        self,
        number: int,
        start_ns: int,
        max_steps: int,
        player: ChunkPlayer,
        path: ActionPath,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.number = number
        self.start_ns = start_ns
        self.outcome: Outcome | None = None
        self.steps = 0
        self.played: Played | None = None
        self.latencies_ms: list[float] = []
        self._max_steps = max_steps
        self._player, self._path = player, path
        self._steady = steady
        self._arrivals: dict[int, float] = {}
        self._started = False
        self._given: deque[tuple[int, Command]] = deque(maxlen=_REMEMBERED)
        player.clear()

    def observe(self, measured: Measured) -> Command | None:
        """The arm was measured; the first time, the action path starts from there.

        Returns:
            The command that was in force then; None before the episode.
        """
        if measured.stamp_ns < self.start_ns:
            return None
        if not self._started:
            self._path.reset(measured.joints, measured.gripper_opening)
            self._started = True
            self._given.append((measured.stamp_ns, self._path.standing))
        self._arrivals.setdefault(measured.stamp_ns, self._steady())
        return self._in_force(measured.stamp_ns)

    def _in_force(self, stamp_ns: int) -> Command:
        """What had been commanded before ``stamp_ns``, whenever word of that instant comes."""
        before = (command for given_ns, command in reversed(self._given) if given_ns < stamp_ns)
        return next(before, self._given[0][1])

    def reseed(self, measured: Measured) -> tuple[NDArray[np.float64], float]:
        """The action path begins anew where the arm was measured.

        Returns:
            (n,) rad and opening, where it had come to.
        """
        told = self._path.command, self._path.gripper_opening
        self._path.reset(measured.joints, measured.gripper_opening)
        self._given.append((measured.stamp_ns, self._path.standing))
        return told

    def judge(self, stamp_ns: int, success: bool) -> None:
        """The scene was judged; success in this episode ends it."""
        if success and stamp_ns >= self.start_ns:
            self.end("success")

    def take(self, chunk: ActionChunk, now_ns: int) -> Verdict | None:
        """A chunk came; one that is foul (not merely late) ends the episode.

        Returns:
            The verdict, or None for a chunk of another episode.
        """
        if chunk.episode != self.number or self.outcome is not None:
            return None
        verdict = self._player.accept(chunk, now_ns)
        if not verdict.accepted and verdict.limit not in _UNTIMELY:
            self.end("chunk_rejected", f"{verdict.limit}: {verdict.reason}")
        return verdict

    def command(self, now_ns: int) -> Command | None:
        """The command of the period that begins at ``now_ns``; None if there is none to give."""
        if self.outcome is not None or not self._started:
            return None
        if self.steps >= self._max_steps:
            self.end("step_limit", f"no success within {self._max_steps} steps")
            return None
        action = self._player.at(now_ns)
        if action is None:
            return None
        told, command = self._path.standing, self._path.step(action)
        if not command.verdict.accepted:
            self.end("limit", f"{command.verdict.limit}: {command.verdict.reason}")
            return None
        self.steps += 1
        self._given.append((now_ns, self._path.standing))
        self.played = Played(action, self._player.by_person, told)
        self._note_latency()
        return command

    def end(self, stop_reason: str, detail: str = "") -> None:
        """Ends the episode; the first reason stands."""
        if self.outcome is None:
            self.outcome = Outcome(stop_reason, detail)

    def _note_latency(self) -> None:
        """Counts a chunk once, against the newest observation that it can have answered."""
        stamp = self._player.stamp_ns
        answered = [seen for seen in self._arrivals if seen <= stamp]
        if answered:
            waited = self._steady() - self._arrivals[max(answered)]
            self.latencies_ms.append(1000.0 * waited)
            self._arrivals = {k: v for k, v in self._arrivals.items() if k > stamp}
