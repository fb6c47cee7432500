# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Decides which measurements make an observation, and whether the policy shall answer it.

Messages come in any order, late, twice or never. The gate keeps the latest of each, and releases a
set when all of it belongs to one moment and an instruction is in force. It knows no ROS: times are
integers in nanoseconds, and the present is an argument.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_JOINT_STATES_KEPT = 256
_MS = 1_000_000


@dataclass(frozen=True)
class Budget:
    """How far apart in time the parts of one observation may be, nanoseconds.

    Attributes:
        skew_ns: largest distance of joints or another image to the newest image.
        age_ns: largest age of the observation when the policy would answer; None: any age.
        period_ns: shortest time between two answered observations of one episode.
    """

    skew_ns: int
    age_ns: int | None
    period_ns: int = 0


@dataclass(frozen=True)
class Instruction:
    """What to do, for observations at or after `stamp_ns`; blank text: nothing."""

    stamp_ns: int
    episode: int
    text: str


@dataclass(frozen=True)
class Image:
    """(height, width, 3) uint8 RGB at `stamp_ns`."""

    stamp_ns: int
    pixels: NDArray[np.uint8]


@dataclass(frozen=True)
class JointState:
    """Positions, rad or m, at `stamp_ns`, as they were measured or as they were commanded."""

    stamp_ns: int
    positions: NDArray[np.float64]


@dataclass(frozen=True)
class Ready:
    """A complete observation that shall be answered now."""

    stamp_ns: int
    episode: int
    instruction: str
    images: Mapping[str, NDArray[np.uint8]]
    positions: NDArray[np.float64]
    commanded: NDArray[np.float64]

    def repeats(self, other: Ready | None) -> bool:
        """True when `other` is the same observation, sent before, in the same episode.

        Contents are compared too: a simulator that was started anew reuses its stamps.
        """
        if other is None:
            return False
        return (
            (self.stamp_ns, self.episode, self.instruction)
            == (other.stamp_ns, other.episode, other.instruction)
            and np.array_equal(self.positions, other.positions)
            and np.array_equal(self.commanded, other.commanded)
            and all(np.array_equal(self.images[name], other.images[name]) for name in self.images)
        )


@dataclass(frozen=True)
class Waiting:
    """Nothing to answer; `reason` is one line for people."""

    reason: str


@dataclass
class Gate:
    """Latest measurements of all sources.

    Attributes:
        cameras: names of the cameras that an observation needs.
        budget: how well they must agree in time.
    """

    cameras: Sequence[str]
    budget: Budget
    _images: dict[str, Image] = field(default_factory=dict)
    _joints: deque[JointState] = field(default_factory=lambda: deque(maxlen=_JOINT_STATES_KEPT))
    _commanded: deque[JointState] = field(default_factory=lambda: deque(maxlen=_JOINT_STATES_KEPT))
    _instruction: Instruction = Instruction(0, 0, "")
    _answered_ns: int | None = None
    _fresh: bool = False

    def on_image(self, camera: str, image: Image) -> None:
        """A new image, or the same one again."""
        self._images[camera] = image
        self._fresh = True

    def on_joints(self, joints: JointState) -> None:
        """A new joint state, or the same one again."""
        self._joints.append(joints)

    def on_commanded(self, joints: JointState) -> None:
        """Where the joints are told to be at a moment, or the same once more."""
        self._commanded.append(joints)

    def on_instruction(self, instruction: Instruction) -> None:
        """What to do from now on; another one than before makes the newest image count again."""
        if instruction != self._instruction:
            self._answered_ns = None
        self._instruction = instruction

    def take(self, now_ns: int) -> Ready | Waiting:
        """The observation to answer now; each is released once per arrival of its image."""
        reason = self._incomplete() or self._repeated() or self._apart(now_ns)
        return Waiting(reason) if reason else self._release()

    def _release(self) -> Ready:
        self._fresh = False
        self._answered_ns = self._stamp_ns()
        return Ready(
            stamp_ns=self._answered_ns,
            episode=self._instruction.episode,
            instruction=self._instruction.text,
            images={camera: self._images[camera].pixels for camera in self.cameras},
            positions=self._nearest(self._joints).positions,
            commanded=self._nearest(self._commanded).positions,
        )

    def _stamp_ns(self) -> int:
        return max(self._images[camera].stamp_ns for camera in self.cameras)

    def _nearest(self, states: deque[JointState]) -> JointState:
        stamp_ns = self._stamp_ns()
        return min(reversed(states), key=lambda state: abs(state.stamp_ns - stamp_ns))

    def _incomplete(self) -> str:
        """What has never come; empty: all is there."""
        if not self._instruction.text.strip():
            return "no instruction"
        missing = [camera for camera in self.cameras if camera not in self._images]
        if missing:
            return f"no image of {', '.join(missing)} yet"
        if not self._joints:
            return "no joint state yet"
        return "" if self._commanded else "no commanded joints yet"

    def _repeated(self) -> str:
        """Why the newest image is not to be answered (again); empty: it is."""
        stamp_ns = self._stamp_ns()
        if stamp_ns < self._instruction.stamp_ns:
            return "the newest image is older than the instruction"
        if self._answered_ns is None:
            return ""
        since_ns = stamp_ns - self._answered_ns
        if since_ns == 0:
            return "" if self._fresh else "the newest image is answered"
        return "the last answer still acts" if 0 < since_ns < self.budget.period_ns else ""

    def _apart(self, now_ns: int) -> str:
        """Which measurement is too far off in time; empty: none."""
        stamp_ns = self._stamp_ns()
        for camera in self.cameras:
            skew_ns = stamp_ns - self._images[camera].stamp_ns
            if skew_ns > self.budget.skew_ns:
                return f"image of {camera} is {skew_ns / _MS:.0f} ms behind the newest image"
        for name, states in (
            ("joint state", self._joints),
            ("commanded joint state", self._commanded),
        ):
            skew_ns = abs(self._nearest(states).stamp_ns - stamp_ns)
            if skew_ns > self.budget.skew_ns:
                return f"nearest {name} is {skew_ns / _MS:.0f} ms from the image"
        if self.budget.age_ns is not None and now_ns - stamp_ns > self.budget.age_ns:
            return f"the newest image is {(now_ns - stamp_ns) / _MS:.0f} ms old"
        return ""
