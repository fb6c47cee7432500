# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a task must tell the simulator, and the scene that a reset makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, get_args

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.errors import ConfigError, choices
from rlco_sim.world import World

#: What an episode is drawn from: what training sees, or one thing that it never sees.
Split = Literal["train", "unseen_states", "unseen_objects", "unseen_wordings"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True)
class Scene:
    """One episode's start.

    Attributes:
        instruction: what the policy is told.
        subject: what the instruction is about (for a push: the colour of the cube).
    """

    instruction: str
    subject: str


class Task(Protocol):
    """One task in one world: its objects, where they start, and when it is done.

    Attributes:
        name: as used on command lines and in contracts.
        max_steps: control periods after which an episode ends.
        hold_steps: control periods for which success must hold without a break to count.
        gripper_opening: in [0, 1], at the start of an episode.
        milestones: names of what comes before success, in their order; one reward each.
        splits: those that the task has.
    """

    name: ClassVar[str]
    max_steps: ClassVar[int]
    hold_steps: ClassVar[int]
    gripper_opening: ClassVar[float]
    milestones: ClassVar[tuple[str, ...]]
    splits: ClassVar[tuple[Split, ...]]

    def __init__(self, world: World, split: Split) -> None: ...

    @classmethod
    def subjects(cls, split: Split) -> tuple[str, ...]:
        """What instructions can be about in the scenes of ``split``."""
        ...

    @classmethod
    def subject(cls, instruction: str) -> str:
        """What an instruction is about.

        Raises:
            ConfigError: nothing that this task has.
        """
        ...

    @classmethod
    def swapped(cls, instruction: str) -> str:
        """The same sentence about another subject, to see who listens.

        Raises:
            ConfigError: the task has but one subject.
        """
        ...

    def reset(self, rng: np.random.Generator, instruction: str) -> Scene:
        """Places everything. ``instruction`` replaces the drawn one unless it is empty; it is
        about one of ``subjects``.
        """
        ...

    def success(self) -> bool:
        """Whether the task is done now, by the state of the world alone."""
        ...

    def reached(self) -> tuple[bool, ...]:
        """Which milestones hold now, in the order of ``milestones``."""
        ...

    def references(self) -> Mapping[str, pin.SE3]:
        """Poses that the motion is about, in the base frame, by the stretch that they govern.

        A stretch lasts until the milestone of its name is reached; the last is ``success``.
        Poses are upright: turned about the vertical only.
        """
        ...

    def points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(3,) m each, in the base frame: the subject, and where it is to come to; what a person
        would point at who says the instruction.
        """
        ...

    def expert(self, target: pin.SE3, opening: float) -> NDArray[np.float32]:
        """The (7,) action that a scripted expert takes now. It sees the true state of the world,
        which no policy does.

        Args:
            target: the commanded end-effector pose in the base frame.
            opening: the measured gripper opening in [0, 1].
        """
        ...


def check_split(split: str, task: type[Task]) -> Split:
    """``split`` as one that ``task`` has.

    Raises:
        ConfigError: it has not; the line lists those that it has.
    """
    for known in task.splits:
        if known == split:
            return known
    raise ConfigError(f"task '{task.name}' has no split '{split}'; it has {choices(task.splits)}")


def check_instruction(instruction: str, task: type[Task], split: Split) -> None:
    """Refuses an instruction that is not about anything in the scenes of ``split``.

    Raises:
        ConfigError: with what it could be about.
    """
    subject = task.subject(instruction)
    if subject not in task.subjects(split):
        raise ConfigError(
            f"instruction '{instruction}' is about {subject}; "
            f"scenes of split '{split}' have {choices(task.subjects(split))}"
        )
