# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The fingers of a gripper, and the tasks that its driver takes.

Positions are those of one finger joint, m or rad; on a parallel gripper half of the width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rlco_core.robot import GripperConfig
from rlco_sim.machine.controller import Controller

_NS = 1e-9
#: Per s; slower is still, but for fingers that slowly follow what they are told, no farther behind
#: than this.
_STILL, _BEHIND = 1e-3, 2e-3


@dataclass(frozen=True)
class Ending:
    """How a task ended.

    Attributes:
        done: as it was asked for.
        stalled: the fingers stood before they were where they should be.
        error: what went wrong, for people.
    """

    done: bool
    stalled: bool = False
    error: str = ""


class Task(Protocol):
    """Something that fingers are asked to do."""

    def start(self, hand: Hand) -> Ending | None:
        """Sets the fingers going; at once an ending where there is nothing to do."""

    def judge(self, hand: Hand) -> Ending | None:
        """How it ended, None while it goes on; asked every cycle."""


@dataclass
class Running:
    """A task that was taken.

    Attributes:
        ending: None while it runs.
    """

    ending: Ending | None = None


class Hand:
    """Fingers that go to a target at a speed, and stand where something is in their way.

    Args:
        gripper: whose fingers these are.
        position: where they are.

    Attributes:
        position: measured.
        still: s for which the fingers have not moved since they were last told to.
        silent: nothing is done and nothing ends any more: a gripper whose line is cut.
    """

    def __init__(self, gripper: GripperConfig, position: float) -> None:
        self.gripper = gripper
        self.silent = False
        self._tasks: list[tuple[Task, Running]] = []
        self.reset(position)

    def reset(self, position: float) -> None:
        """The fingers are at ``position`` and have nothing to do."""
        self.abandon("the scene was laid out anew")
        self.position = self._target = self._command = position
        self._speed, self.still = float("inf"), 0.0

    def take(self, task: Task | Ending) -> Running:
        """Begins a task beside those that run: it takes the fingers, they stay to be judged. What
        has ended before it began is taken, too.
        """
        if isinstance(task, Ending):
            return Running(None if self.silent else task)
        running = Running(None if self.silent else task.start(self))
        if running.ending is None:
            self._tasks.append((task, running))
        return running

    def abandon(self, why: str) -> None:
        """Ends all that runs."""
        for _, running in self._tasks:
            running.ending = Ending(False, error=why)
        self._tasks = []

    def stop(self, why: str) -> None:
        """Ends all that runs, and the fingers stand."""
        self.abandon(why)
        self.go(self.position)

    def go(self, target: float, speed: float = float("inf")) -> None:
        """Towards ``target``, at ``speed`` per s if the fingers are that quick."""
        self._target, self._speed, self.still = target, speed, 0.0
        self._command = self.position

    def next(self, position: float, velocity: float, period_ns: int) -> float:
        """Where the fingers go in a cycle that they begin at ``position`` with ``velocity``."""
        seconds = period_ns * _NS
        self.position = position
        coming = self._command != self._target and abs(self._command - position) < _BEHIND
        self.still = 0.0 if coming or abs(velocity) > _STILL else self.still + seconds
        if self.silent:
            return self._command
        for task, running in self._tasks:
            running.ending = task.judge(self)
        self._tasks = [row for row in self._tasks if row[1].ending is None]
        most = self._speed * seconds
        self._command += min(max(self._target - self._command, -most), most)
        return self._command


@dataclass(frozen=True)
class Reach:
    """A position, as gripper controllers of ros2_controllers take it: the fingers are there, or
    they stall on their way, which is a failure.

    Args:
        target: of a finger.
        tolerance: in which they are there.
        patience: s of standing still after which they have stalled.
    """

    target: float
    tolerance: float
    patience: float = 1.0

    def start(self, hand: Hand) -> Ending | None:
        """Off to the target."""
        hand.go(self.target)
        return None

    def judge(self, hand: Hand) -> Ending | None:
        """Whether they are there or stand."""
        if abs(hand.position - self.target) < self.tolerance:
            return Ending(True)
        if hand.still > self.patience:
            return Ending(False, stalled=True, error="the fingers stand before their goal")
        return None


#: What the Franka Hand's library says of commands that were stopped, and of those that failed.
STOPPED, FAILED = "libfranka gripper: Command aborted!", "libfranka gripper: Command failed!"
#: s of standing still after which the hand counts as there, or as holding.
_SETTLED = 0.2
#: m by which its fingers may miss where they were told to go.
_EXACT = 1e-3
#: s for which it tries to go on when something is in the way of a move.
_STUBBORN = 100.0


@dataclass(frozen=True)
class Move:
    """To a full width, m, at a speed of the width, m/s. Something in the way blocks the hand for
    minutes, unless it is stopped: only then it says that it failed.
    """

    width: float
    speed: float

    def start(self, hand: Hand) -> Ending | None:
        """Refused outside of what the hand can open."""
        widest = 2.0 * hand.gripper.open
        if not 0.0 <= self.width <= widest:
            return Ending(False, error=f"width is {self.width:g} m; it should be 0 to {widest:g}")
        hand.go(0.5 * self.width, 0.5 * self.speed)
        return None

    def judge(self, hand: Hand) -> Ending | None:
        """Once the fingers stand."""
        if hand.still < _SETTLED:
            return None
        if abs(2.0 * hand.position - self.width) < 2.0 * _EXACT:
            return Ending(True)
        return Ending(False, error=FAILED) if hand.still > _STUBBORN else None


@dataclass(frozen=True)
class Grasp:
    """Closes until something is in the way, whatever its width. Where what is held is as wide as
    was said, in (width - inner, width + outer), m, that is a success, and the hand goes on
    pressing; else it lets go, without a word.
    """

    width: float
    speed: float
    inner: float = 0.005
    outer: float = 0.005

    def start(self, hand: Hand) -> Ending | None:
        """Closes."""
        hand.go(hand.gripper.closed, 0.5 * self.speed)
        return None

    def judge(self, hand: Hand) -> Ending | None:
        """Once the fingers stand."""
        if hand.still < _SETTLED:
            return None
        held = 2.0 * hand.position
        fits = self.width - self.inner < held < self.width + self.outer
        if not fits:
            hand.go(hand.position)
        return Ending(fits)


class Homing:
    """Closes, then opens, both until the fingers stand."""

    def __init__(self, speed: float = 0.1) -> None:
        self._speed, self._opening = speed, False

    def start(self, hand: Hand) -> Ending | None:
        """Closes."""
        hand.go(hand.gripper.closed, 0.5 * self._speed)
        return None

    def judge(self, hand: Hand) -> Ending | None:
        """Opens once they have closed."""
        if hand.still < _SETTLED:
            return None
        if self._opening:
            return Ending(True)
        self._opening = True
        hand.go(hand.gripper.open, 0.5 * self._speed)
        return None


def gripper_action(position: float, hand: Hand, speed: float = 0.1) -> Task | Ending:
    """What franka_gripper makes of a GripperCommand: ``position`` is half of the width.

    Opening is a move, closing a grasp of just that width: closing to 0 on something that is held
    then ends as a failure.
    """
    width, widest = 2.0 * position, 2.0 * hand.gripper.open
    if not 0.0 <= width <= widest:
        return Ending(False, error=f"position is {position:g} m; it should be 0 to {0.5 * widest}")
    if abs(width - 2.0 * hand.position) < 1e-4:
        return Ending(True)
    if width > 2.0 * hand.position:
        return Move(width, speed)
    return Grasp(width, speed)


class GripperController(Controller):
    """The controller of the fingers in a controller manager: goals are taken while it is active."""

    def __init__(self, name: str, kind: str, claims: Sequence[str], hand: Hand) -> None:
        super().__init__(name, kind, claims)
        self._hand = hand

    def deactivate(self) -> None:
        """A goal that runs is lost, and the fingers stand."""
        super().deactivate()
        self._hand.stop(f"{self.name} was deactivated")
