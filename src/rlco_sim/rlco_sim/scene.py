# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a task must tell the simulator, and the scene that a reset makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_sim.world import World


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
        gripper_opening: in [0, 1], at the start of an episode.
    """

    name: ClassVar[str]
    max_steps: ClassVar[int]
    gripper_opening: ClassVar[float]

    def __init__(self, world: World) -> None: ...

    @classmethod
    def subject(cls, instruction: str) -> str:
        """What an instruction is about.

        Raises:
            ConfigError: nothing that this task has.
        """
        ...

    @classmethod
    def swapped(cls, instruction: str) -> str:
        """The same sentence about another subject, to see who listens."""
        ...

    def reset(self, rng: np.random.Generator, instruction: str) -> Scene:
        """Places everything. ``instruction`` replaces the drawn one unless it is empty.

        Raises:
            ConfigError: the instruction names nothing that is in the scene.
        """
        ...

    def success(self) -> bool:
        """Whether the task is done now."""
        ...

    def expert(self, target: pin.SE3) -> NDArray[np.float32]:
        """The (7,) action that a scripted expert takes with the arm commanded to ``target``.

        It sees the true state of the world, which no policy does.
        """
        ...
