# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Whether what comes from cameras and joints is sound, source by source.

Only what can be told of one source is judged here; whether sources fit each other in time is judged
where they are paired. Of several faults the one nearest to the cause is named: a source that is
silent before one that speaks nonsense, and nonsense before what is merely odd. The present is an
argument, the ROS time in nanoseconds.

Who does not listen cannot call others silent: a node that infers or is not given the processor has
old messages in its queues. So silence and lateness count from when on it looks regularly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rlco_policy.measurements import Image, Instruction, JointState, Topics

Reason = Literal[
    "",
    "camera_silent",
    "camera_late",
    "camera_black",
    "camera_frozen",
    "camera_size",
    "joints_silent",
    "joints_invalid",
    "skew",
    "inactive",
]

#: Level that at least one colour of one pixel reaches in an image that shows something, of 255.
BLACK = 16
#: How far a joint goes, rad or m, until a camera must have seen it.
MOVED = 0.1
#: Who looks less often than this was deaf in between, ns.
DEAF_NS = 150_000_000
_NS_PER_S = 1e9
_MS = 1_000_000


@dataclass(frozen=True)
class Fault:
    """Why nothing is inferred, and one line for people; an empty reason: all is sound."""

    reason: Reason = ""
    detail: str = ""

    def __bool__(self) -> bool:
        return bool(self.reason)


SOUND = Fault()


@dataclass(frozen=True)
class Limits:
    """What sources keep to in real time, nanoseconds.

    Attributes:
        image_age_ns, joints_age_ns: largest age of the newest measurement, by its stamp.
        skew_ns: how far apart what belongs together may be; how far ahead of the clock a stamp.
        frozen_ns: how long an image may stay the same after the joints moved.
    """

    image_age_ns: int
    joints_age_ns: int
    skew_ns: int
    frozen_ns: int


@dataclass
class _Source:
    """The last message of a topic; `foul` says what was wrong with it."""

    topic: str
    stamp_ns: int | None = None
    heard_ns: int = 0
    foul: str = ""

    def age_ns(self, now_ns: int) -> float:
        return math.nan if self.stamp_ns is None else now_ns - self.stamp_ns


@dataclass
class _Picture:
    """What a camera shows, and since when it should have changed."""

    pixels: NDArray[np.uint8] | None = None
    brightest: int = 255
    stamp_ns: int = 0
    start: NDArray[np.float64] | None = None
    moved_ns: int | None = None

    def see(self, image: Image) -> None:
        self.stamp_ns = image.stamp_ns
        if self.pixels is None or not _same(self.pixels, image.pixels):
            self.pixels, self.brightest = image.pixels, int(image.pixels.max())
            self.start = self.moved_ns = None

    def move(self, joints: JointState) -> None:
        if self.start is None:
            self.start = joints.positions
        elif self.moved_ns is None and np.abs(joints.positions - self.start).max() > MOVED:
            self.moved_ns = joints.stamp_ns

    @property
    def still_ns(self) -> int:
        """How long it has stayed the same after the joints had moved."""
        return 0 if self.moved_ns is None else self.stamp_ns - self.moved_ns


def _same(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Sensors are noisy: the first row tells most pictures apart."""
    return np.array_equal(one[0], other[0]) and np.array_equal(one, other)


class Health:
    """Watches every source of a policy.

    Args:
        topics: the sources.
        limits: None in lock-step, where time stands still and scenes repeat themselves: only what
            is foul in itself counts there.
    """

    def __init__(self, topics: Topics, limits: Limits | None) -> None:
        self._limits = limits
        self._cameras = {camera: _Source(topic) for camera, topic in topics.cameras.items()}
        self._pictures = {camera: _Picture() for camera in topics.cameras}
        self._joints = _Source(topics.joints)
        self._commanded = _Source(topics.commanded)
        self._sources = {
            source.topic: source
            for source in (*self._cameras.values(), self._joints, self._commanded)
        }
        self._instruction = Instruction(0, 0, "")
        self._asked_ns = 0
        self._looked_ns: int | None = None
        self._listening_ns = 0

    def on_message(self, topic: str, stamp_ns: int, now_ns: int, foul: str = "") -> None:
        """Something came on a topic; `foul` says why it cannot be used."""
        source = self._sources[topic]
        source.stamp_ns, source.heard_ns, source.foul = stamp_ns, now_ns, foul

    def on_image(self, camera: str, image: Image) -> None:
        """What a sound image shows."""
        self._pictures[camera].see(image)

    def on_joints(self, joints: JointState) -> None:
        """Where the joints were measured."""
        for picture in self._pictures.values():
            picture.move(joints)

    def on_instruction(self, instruction: Instruction, now_ns: int) -> None:
        """Commands are due from a new instruction on, until a blank one."""
        if instruction != self._instruction:
            self._instruction, self._asked_ns = instruction, now_ns

    def look(self, now_ns: int) -> Fault:
        """What is wrong now; to be asked ten times a second at least."""
        if self._looked_ns is None or abs(now_ns - self._looked_ns) > DEAF_NS:
            self._listening_ns = now_ns
        self._looked_ns = now_ns
        return next(self._faults(now_ns), SOUND)

    def ages(self, now_ns: int) -> tuple[float, float]:
        """Of the camera that is farthest behind and of the joints, s; NaN where one never came."""
        images = [source.age_ns(now_ns) for source in self._cameras.values()]
        return float(np.max(images)) / _NS_PER_S, self._joints.age_ns(now_ns) / _NS_PER_S

    def _faults(self, now_ns: int) -> Iterator[Fault]:
        """From the one that explains most to the one that explains least."""
        if self._limits is None:
            yield from self._foul()
            return
        yield from self._silent(now_ns, self._limits)
        yield from self._foul()
        yield from self._late(now_ns, self._limits)
        yield from self._ahead(now_ns, self._limits.skew_ns)
        yield from self._blind(self._limits.frozen_ns)

    def _silent(self, now_ns: int, limits: Limits) -> Iterator[Fault]:
        for camera in self._cameras.values():
            silence_ns = now_ns - max(camera.heard_ns, self._listening_ns)
            if silence_ns > limits.image_age_ns:
                line = _silence("image", camera, silence_ns, limits.image_age_ns)
                yield Fault("camera_silent", line)
        for joints in self._due():
            # A joint state that comes late is of no more use than one that does not come.
            due_ns = self._asked_ns if joints is self._commanded else 0
            silence_ns = now_ns - max(joints.stamp_ns or 0, self._listening_ns, due_ns)
            if silence_ns > limits.joints_age_ns:
                line = _silence("joint state", joints, silence_ns, limits.joints_age_ns)
                yield Fault("joints_silent", line)

    def _due(self) -> tuple[_Source, ...]:
        """Joint states that must come now."""
        commands = self._instruction.text.strip()
        return (self._joints, self._commanded) if commands else (self._joints,)

    def _foul(self) -> Iterator[Fault]:
        for camera in self._cameras.values():
            if camera.foul:
                yield Fault("camera_size", f"{camera.topic}: {camera.foul}")
        for joints in self._due():
            if joints.foul:
                yield Fault("joints_invalid", f"{joints.topic}: {joints.foul}")

    def _late(self, now_ns: int, limits: Limits) -> Iterator[Fault]:
        if now_ns - self._listening_ns <= limits.image_age_ns:
            return
        for camera in self._cameras.values():
            if (age_ns := camera.age_ns(now_ns)) > limits.image_age_ns:
                yield Fault(
                    "camera_late",
                    f"{camera.topic}: images come, but the newest is {age_ns / _MS:.0f} ms old by "
                    f"its stamp; it should be at most {limits.image_age_ns / _MS:.0f} ms old",
                )

    def _ahead(self, now_ns: int, limit_ns: int) -> Iterator[Fault]:
        for source in (*self._cameras.values(), *self._due()):
            if (ahead_ns := -source.age_ns(now_ns)) > limit_ns:
                yield Fault(
                    "skew",
                    f"{source.topic}: the newest stamp is {ahead_ns / _MS:.0f} ms ahead of the "
                    f"clock; it should be at most {limit_ns / _MS:.0f} ms",
                )

    def _blind(self, frozen_ns: int) -> Iterator[Fault]:
        for name, picture in self._pictures.items():
            topic = self._cameras[name].topic
            if picture.brightest < BLACK:
                yield Fault(
                    "camera_black",
                    f"{topic}: the brightest value of the image is {picture.brightest} of 255; "
                    f"it should be at least {BLACK}",
                )
            if picture.still_ns > frozen_ns:
                yield Fault(
                    "camera_frozen",
                    f"{topic}: the image is the same for {picture.still_ns / _NS_PER_S:.1f} s "
                    f"after a joint went {MOVED:g} rad or m; it should have changed within "
                    f"{frozen_ns / _NS_PER_S:g} s",
                )


def _silence(what: str, source: _Source, silence_ns: int, limit_ns: int) -> str:
    since = "yet" if source.stamp_ns is None else f"for {silence_ns / _MS:.0f} ms"
    line = f"{source.topic}: no new {what} {since}; "
    return line + f"one should come every {limit_ns / _MS:.0f} ms at least"
