# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Decides whether the policy shall answer what has come.

Messages come in any order, late, twice or never. The gate keeps the latest of each, and releases a
set when all of it belongs to one moment and an instruction is in force. It knows no ROS.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_policy.measurements import Image, Instruction, JointState
from rlco_policy.pairing import Heard, Paired, Pairing, Waiting
from rlco_policy.timing import AT_ONCE, Timing

_JOINT_STATES_KEPT = 256
_IMAGES_KEPT = 32
_MS = 1_000_000
_ANSWERED = Waiting("the newest image is answered")


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


class Gate:
    """Latest measurements of all sources.

    Args:
        cameras: names of the cameras that an observation needs.
        pairing: what belongs together.
        age_ns: largest age of an observation when the policy would answer; None: any age.
        timing: when an observation of the same episode is answered again.
    """

    def __init__(
        self,
        cameras: Sequence[str],
        pairing: Pairing,
        age_ns: int | None = None,
        timing: Timing = AT_ONCE,
    ) -> None:
        self._pairing = pairing
        self._age_ns = age_ns
        self._timing = timing
        self._images = {camera: deque[Image](maxlen=_IMAGES_KEPT) for camera in cameras}
        self._joints = deque[JointState](maxlen=_JOINT_STATES_KEPT)
        self._commanded = deque[JointState](maxlen=_JOINT_STATES_KEPT)
        self._instruction = Instruction(0, 0, "")
        self._answered_ns: int | None = None
        self._fresh_ns: int | None = None
        self._rests_until_ns: int | None = None

    def on_image(self, camera: str, image: Image) -> None:
        """A new image, or the same one again."""
        self._images[camera].append(image)
        self._fresh_ns = image.stamp_ns

    def on_joints(self, joints: JointState) -> None:
        """A new joint state, or the same one again."""
        self._joints.append(joints)

    def on_commanded(self, joints: JointState) -> None:
        """Where the joints are told to be at a moment, or the same once more."""
        self._commanded.append(joints)

    def on_instruction(self, instruction: Instruction) -> None:
        """What to do from now on; another one than before makes the newest image count again."""
        if instruction != self._instruction:
            self._answered_ns = self._rests_until_ns = None
        self._instruction = instruction

    def on_answer(self, now_ns: int) -> None:
        """What was released last has been answered."""
        if self._timing.rest_ns:
            self._rests_until_ns = now_ns + self._timing.rest_ns

    def take(self, now_ns: int) -> Ready | Waiting:
        """The observation to answer now; each is released once per arrival of its image."""
        if reason := self._incomplete():
            return Waiting(reason)
        if self._fresh_ns is None and self._answered_ns == self._newest_ns():
            return _ANSWERED  # what most joint states find
        heard = Heard(self._images, self._joints, self._commanded)
        paired = self._pairing.pair(heard, self._instruction.stamp_ns)
        if isinstance(paired, Waiting):
            return paired
        reason = self._repeated(paired.stamp_ns) or self._old(now_ns - paired.stamp_ns)
        return Waiting(reason) if reason else self._release(paired)

    def _newest_ns(self) -> int:
        return max(seen[-1].stamp_ns for seen in self._images.values())

    def _release(self, paired: Paired) -> Ready:
        self._fresh_ns = None
        self._answered_ns = paired.stamp_ns
        return Ready(
            stamp_ns=paired.stamp_ns,
            episode=self._instruction.episode,
            instruction=self._instruction.text,
            images={camera: image.pixels for camera, image in paired.images.items()},
            positions=paired.joints.positions,
            commanded=paired.commanded.positions,
        )

    def _incomplete(self) -> str:
        """What has never come; empty: all is there."""
        if not self._instruction.text.strip():
            return "no instruction"
        missing = [camera for camera, seen in self._images.items() if not seen]
        if missing:
            return f"no image of {', '.join(missing)} yet"
        if not self._joints:
            return "no joint state yet"
        return "" if self._commanded else "no commanded joints yet"

    def _repeated(self, stamp_ns: int) -> str:
        """Why the image of `stamp_ns` is not to be answered (again); empty: it is."""
        if stamp_ns < self._instruction.stamp_ns:
            return "the newest image is older than the instruction"
        if self._answered_ns is None:
            return ""
        since_ns = stamp_ns - self._answered_ns
        if since_ns == 0:
            return "" if self._fresh_ns == stamp_ns else _ANSWERED.reason
        if self._rests_until_ns is not None and stamp_ns < self._rests_until_ns:
            return "the newest image was taken while the last answer acts"
        return "the last answer still acts" if 0 < since_ns < self._timing.period_ns else ""

    def _old(self, age_ns: int) -> str:
        """Why an observation of that age is not to be answered; empty: it is."""
        old = self._age_ns is not None and age_ns > self._age_ns
        return f"the newest whole observation is {age_ns / _MS:.0f} ms old" if old else ""
