# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What the node knows of a driver, and a driver of the node."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rclpy.node import Node

from rlco_core.errors import ConfigError, choices
from rlco_core.robot import RobotConfig
from rlco_sim.session import Session

Fault = Callable[[float], None]


@dataclass(frozen=True)
class Stand:
    """Where a driver stands.

    Attributes:
        node: whose ends it opens.
        session: the world.
        prefix: of joint names.
        parts: in how many parts a control period is passed at most.
        lockstep: time stands still until the instant is answered.
        answer: to be called with the part (arm, gripper) and the stamp, ns, of the instant that a
            command answers.
        missing: message packages that are not installed -> what the robot is without.
    """

    node: Node
    session: Session
    prefix: str
    parts: int
    lockstep: bool
    answer: Callable[[str, int], None]
    missing: dict[str, list[str]] = field(default_factory=dict)

    @property
    def robot(self) -> RobotConfig:
        """The arm."""
        return self.session.robot

    @property
    def arm_names(self) -> list[str]:
        """Of its joints, prefixed."""
        return [self.prefix + name for name in self.robot.joint_names]

    @property
    def finger_names(self) -> list[str]:
        """Of its fingers' joints, prefixed."""
        return [self.prefix + name for name in self.robot.gripper_joint_names]

    def complain(self, line: str) -> None:
        """Logs an error, now and then where it is always the same."""
        self.node.get_logger().error(line, throttle_duration_sec=1.0)


class Driver(ABC):
    """The ends of one driver.

    Attributes:
        parts: in how many parts a control period is passed.
        awaited: what has to answer an instant in lock-step before time passes.
    """

    parts: int = 1
    awaited: tuple[str, ...] = ("arm",)

    @abstractmethod
    def begin(self) -> None:
        """A new episode: until told otherwise, everything holds."""

    @abstractmethod
    def advance(self, part: int) -> None:
        """The part of a control period that has this number passes."""

    @abstractmethod
    def say(self) -> None:
        """Publishes what is to be known of this instant."""

    @property
    def busy(self) -> bool:
        """Whether a goal of the arm runs, which answers every instant until it ends."""
        return False

    @property
    def faults(self) -> Mapping[str, Fault]:
        """What can go wrong on demand."""
        return {}

    def inject(self, fault: str, value: float) -> None:
        """Lets something go wrong, or be well again.

        Raises:
            ConfigError: this driver does not know it.
        """
        if fault not in self.faults:
            raise ConfigError(f"fault '{fault}' is unknown; known: {choices(self.faults)}")
        self.faults[fault](value)
