# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Which measurements belong to one moment.

In lock-step a simulator stamps everything of an instant alike: only equal stamps belong together.
Real drivers stamp each source for itself. There, an image belongs to the joint states before it;
which ones these are is settled once every source has reached the image, or is not due before it:
the order in which messages arrive does not matter, and no image waits for a slow source's next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Protocol, TypeVar

from rlco_policy.measurements import Image, JointState, Topics

_MS = 1_000_000
#: Gaps between a source's messages by which it is told when the next one is due.
RHYTHM = 8

Stamped = TypeVar("Stamped", Image, JointState)


@dataclass(frozen=True)
class Heard:
    """What has come from every source, none empty, the newest last.

    Attributes:
        images: camera -> its images.
        joints: joint states as they were measured.
        commanded: joint states as they were commanded.
    """

    images: Mapping[str, Sequence[Image]]
    joints: Sequence[JointState]
    commanded: Sequence[JointState]


@dataclass(frozen=True)
class Paired:
    """Measurements that belong together; `stamp_ns` is that of the newest image among them."""

    stamp_ns: int
    images: Mapping[str, Image]
    joints: JointState
    commanded: JointState


@dataclass(frozen=True)
class Waiting:
    """Nothing to answer; `reason` is one line for people."""

    reason: str


class Skewed(Waiting):
    """All has come, and it is too far apart in time."""


class Pairing(Protocol):
    """Finds the newest measurements that belong together."""

    def pair(self, heard: Heard, since_ns: int) -> Paired | Waiting:
        """Those of an observation at or after `since_ns`, from when on commands count."""


@dataclass(frozen=True)
class Exact:
    """Lock-step: the newest images, and the joint states of the very same stamp."""

    def pair(self, heard: Heard, since_ns: int) -> Paired | Waiting:
        """See `Pairing.pair`."""
        images = {camera: seen[-1] for camera, seen in heard.images.items()}
        stamp_ns = _newest_ns(images.values())
        joints, commanded = _nearest(heard.joints, stamp_ns), _nearest(heard.commanded, stamp_ns)
        for camera, image in images.items():
            if behind_ns := stamp_ns - image.stamp_ns:
                return Waiting(
                    f"image of {camera} is {behind_ns / _MS:.0f} ms behind the newest image"
                )
        for name, state in (("joint state", joints), ("commanded joint state", commanded)):
            if off_ns := abs(state.stamp_ns - stamp_ns):
                return Waiting(f"nearest {name} is {off_ns / _MS:.0f} ms from the image")
        return Paired(stamp_ns, images, joints, commanded)


@dataclass(frozen=True)
class Before:
    """Real time: of every source the newest measurement that is not after the image.

    Attributes:
        skew_ns: how much older than the newest image all others may be.
        topics: names for the line that says what is older.
    """

    skew_ns: int
    topics: Topics

    def pair(self, heard: Heard, since_ns: int) -> Paired | Waiting:
        """See `Pairing.pair`."""
        sources: tuple[Sequence[Image | JointState], ...]
        sources = (*heard.images.values(), heard.joints, heard.commanded)
        reached_ns = min(map(_settled_ns, sources))
        images = {camera: _last(seen, reached_ns) for camera, seen in heard.images.items()}
        found = {camera: image for camera, image in images.items() if image is not None}
        if len(found) < len(images):
            return Waiting("no image yet that all other sources have reached")
        stamp_ns = _newest_ns(found.values())
        joints, commanded = _last(heard.joints, stamp_ns), _last(heard.commanded, stamp_ns)
        if joints is None:
            return Waiting("no joint state before the image yet")
        if commanded is None or commanded.stamp_ns < since_ns:
            return Waiting("no commanded joints between the instruction and the image yet")
        paired = Paired(stamp_ns, found, joints, commanded)
        return self._skewed(paired) or paired

    def _skewed(self, paired: Paired) -> Skewed | None:
        for topic, stamp_ns in self._stamps(paired):
            behind_ns = paired.stamp_ns - stamp_ns
            if behind_ns > self.skew_ns:
                return Skewed(
                    f"what belongs to the newest image is {behind_ns / _MS:.0f} ms older on "
                    f"{topic}; it should be at most {self.skew_ns / _MS:.0f} ms older"
                )
        return None

    def _stamps(self, paired: Paired) -> Iterable[tuple[str, int]]:
        for camera, image in paired.images.items():
            yield self.topics.cameras[camera], image.stamp_ns
        yield self.topics.joints, paired.joints.stamp_ns
        yield self.topics.commanded, paired.commanded.stamp_ns


def _settled_ns(series: Sequence[Image | JointState]) -> int:
    """Up to when no more will come of a source: to its newest message, and in a steady rhythm until
    the next one is due, which follows no sooner than the last ones followed each other.
    """
    stamps_ns = [one.stamp_ns for one in islice(reversed(series), RHYTHM + 1)]
    if len(stamps_ns) <= RHYTHM:
        return stamps_ns[0]
    shortest_ns = min(newer - older for newer, older in pairwise(stamps_ns))
    return stamps_ns[0] + max(shortest_ns - 1, 0)


def _newest_ns(images: Iterable[Image]) -> int:
    return max(image.stamp_ns for image in images)


def _nearest(states: Sequence[JointState], stamp_ns: int) -> JointState:
    return min(reversed(states), key=lambda state: abs(state.stamp_ns - stamp_ns))


def _last(series: Sequence[Stamped], stamp_ns: int) -> Stamped | None:
    """The last that came, of those that are not after `stamp_ns`."""
    return next((one for one in reversed(series) if one.stamp_ns <= stamp_ns), None)
