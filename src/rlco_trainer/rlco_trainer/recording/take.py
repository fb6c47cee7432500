# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What came in during an episode, paired by time as a policy would have seen it; without ROS."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import DatasetError
from rlco_core.kinematics import Kinematics
from rlco_core.proprioception import proprioception
from rlco_core.robot import RobotConfig
from rlco_policy.measurements import Image, JointState
from rlco_policy.responder import posture
from rlco_trainer.demonstrations.rhythm import out_of_rhythm

_MS, _S = 1_000_000, 1e-9
#: Control periods from one action to the next, at most, and how far their mean may be from one: a
#: busy machine leaves some out. What is seen before an action is right even then.
_LONGEST, _STRETCHED = 10.0, 0.25


@dataclass(frozen=True)
class Budget:
    """How much older than an action its image may be, and than that its joint states, ns."""

    age_ns: int
    skew_ns: int


@dataclass(frozen=True)
class Act:
    """What the bridge played in a control period.

    Attributes:
        stamp_ns: when the period began.
        action: (7,).
        by_person: whether a person chose it.
        told: (n + 1,) where the arm's joints and a finger had been told to be before, rad or m.
    """

    stamp_ns: int
    action: NDArray[np.float32]
    by_person: bool
    told: NDArray[np.float64]


@dataclass(frozen=True)
class Take:
    """One episode, T control periods.

    Attributes:
        images: (T, H, W, 3) uint8 RGB.
        states: (T, 17) float32 proprioception.
        actions: (T, 7) float32, what the bridge played.
        by_person: (T,) bool, where a person chose the action.
    """

    images: NDArray[np.uint8]
    states: NDArray[np.float32]
    actions: NDArray[np.float32]
    by_person: NDArray[np.bool_]


class Memory:
    """All that came since ``begin``; messages may come in any order, late or twice.

    Args:
        robot: the arm.
        size: (height, width) px that images get.
        budget: how well what belongs together must agree in time.
    """

    def __init__(self, robot: RobotConfig, size: tuple[int, int], budget: Budget) -> None:
        self._robot, self._size, self._budget = robot, size, budget
        self._kinematics = Kinematics(robot)
        self.begin()

    def begin(self) -> None:
        """Forgets everything."""
        self._images: dict[int, Image] = {}
        self._joints: dict[int, JointState] = {}
        self._acts: dict[int, Act] = {}

    def on_image(self, image: Image) -> NDArray[np.uint8]:
        """The camera's whole picture, of any size; returns it as it is kept."""
        height, width = self._size
        pixels = image.pixels
        if pixels.shape[:2] == self._size:
            pixels = pixels.copy()  # they are a view of their message
        else:
            resized = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
            pixels = np.asarray(resized, np.uint8)
        self._images[image.stamp_ns] = Image(image.stamp_ns, pixels)
        return pixels

    def on_joints(self, joints: JointState) -> None:
        """Where the joints were."""
        self._joints[joints.stamp_ns] = joints

    def on_act(self, act: Act) -> None:
        """What the bridge played."""
        self._acts[act.stamp_ns] = act

    def complete(self, steps: int) -> bool:
        """Whether ``steps`` actions are there, with all that was seen before them."""
        return len(self._acts) >= steps and not self.missing()

    def missing(self) -> str:
        """What the episode lacks, as one line; empty if nothing."""
        try:
            self._frames()
        except DatasetError as error:
            return str(error)
        return ""

    def take(self) -> Take:
        """The episode.

        Raises:
            DatasetError: something is missing; the line says what.
        """
        acts, frames = self._in_order(), self._frames()
        pairs = zip(acts, frames, strict=True)
        return Take(
            images=np.stack([image.pixels for image, _ in frames]),
            states=np.stack([self._state(joints, act) for act, (_, joints) in pairs]),
            actions=np.stack([act.action for act in acts]),
            by_person=np.array([act.by_person for act in acts]),
        )

    def _in_order(self) -> list[Act]:
        return [self._acts[stamp] for stamp in sorted(self._acts)]

    def _state(self, joints: JointState, act: Act) -> NDArray[np.float32]:
        """What was told is taken from the action that came next, not by its time: in real time, the
        command that answers a measurement may be given before or after one hears of that.
        """
        measured, told = posture(self._robot, joints.positions), posture(self._robot, act.told)
        return proprioception(self._kinematics, measured, told)

    def _frames(self) -> list[tuple[Image, JointState]]:
        """For every action, in order, the newest image of then, and the joints before that."""
        if not self._acts:
            raise DatasetError("no action was played")
        if astray := out_of_rhythm(
            [stamp * _S for stamp in sorted(self._acts)], _LONGEST, _STRETCHED
        ):
            raise DatasetError(f"{astray}; was the robot slowed down, or the machine too busy?")
        images, joints = sorted(self._images), sorted(self._joints)
        age, skew = self._budget.age_ns, self._budget.skew_ns
        frames = []
        for act in self._in_order():
            image = self._images[_newest(images, act.stamp_ns, age, "image")]
            measured = _newest(joints, image.stamp_ns, skew, "joint state")
            frames.append((image, self._joints[measured]))
        return frames


def _newest(stamps: Sequence[int], at_ns: int, age_ns: int, what: str) -> int:
    """Of those that are not later than ``at_ns``, and not much older."""
    index = bisect_right(stamps, at_ns) - 1
    if index < 0 or at_ns - stamps[index] > age_ns:
        raise DatasetError(f"no {what} within {age_ns / _MS:.0f} ms before {at_ns / 1e9:.3f} s")
    return stamps[index]
