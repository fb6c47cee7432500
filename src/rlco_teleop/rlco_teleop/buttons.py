# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Axes and buttons of a gamepad, and what is meant by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_teleop.inbox import Inbox

#: No such axis or button.
NONE = -1


@dataclass(frozen=True)
class Layout:
    """Which axis and button is for what: indices in sensor_msgs/Joy, NONE for none. The defaults
    are those of an Xbox pad: sticks move and turn, RB is the deadman, LB takes over, A, X and Y
    grip, Start and Back judge.

    Attributes:
        axes: that move along x, y, z and turn about x, y, z of the base frame.
        deadman: without it held, nothing moves.
        takeover: while it is held, the person acts in a policy's place.
        toggle, close, open: the gripper.
        gripper_axis: -1 closes, 1 opens, and all between; in place of the buttons.
        success, failure: the person's word on the episode, which ends with it.
        dead_zone: share of an axis around its middle that means nothing.
    """

    axes: tuple[int, ...] = (1, 0, 4, 6, 7, 3)
    deadman: int = 5
    takeover: int = 4
    toggle: int = 0
    close: int = 2
    open: int = 3
    gripper_axis: int = NONE
    success: int = 7
    failure: int = 6
    dead_zone: float = 0.08


@dataclass(frozen=True)
class Pad:
    """One message of a gamepad: axes in [-1, 1], and which buttons are down."""

    axes: tuple[float, ...] = ()
    buttons: tuple[bool, ...] = ()

    def axis(self, index: int) -> float:
        """Of an axis that there is; else 0."""
        return self.axes[index] if 0 <= index < len(self.axes) else 0.0

    def down(self, index: int) -> bool:
        """Whether a button is down; one that there is not never is."""
        return 0 <= index < len(self.buttons) and self.buttons[index]


class Buttons:
    """The gamepad as it is, and what was pressed on it since one last asked.

    Args:
        layout: of it.
        inbox: for its messages.
    """

    def __init__(self, layout: Layout, inbox: Inbox[Pad]) -> None:
        self.layout, self._inbox = layout, inbox
        self._before = Pad()
        self._gripper: list[str] = []
        self._verdicts: list[bool] = []

    def put(self, stamp_ns: int, axes: Sequence[float], buttons: Sequence[int]) -> None:
        """A message came."""
        pad = Pad(tuple(axes), tuple(map(bool, buttons)))
        self._inbox.put(stamp_ns, pad)
        for word in ("toggle", "close", "open"):
            if self._pressed(pad, word):
                self._gripper.append(word)
        self._verdicts += [word == "success" for word in ("success", "failure")
                           if self._pressed(pad, word)]  # fmt: skip
        self._before = pad

    def heard(self, now_ns: int) -> bool:
        """Whether there is a message that counts now."""
        return self._inbox.get(now_ns) is not None

    def held(self, now_ns: int) -> bool:
        """Whether the deadman is held, or nobody is asked to."""
        pad, index = self._inbox.get(now_ns), self.layout.deadman
        return index == NONE or (pad is not None and pad.down(index))

    def takes_over(self, now_ns: int) -> bool:
        """Whether the button for that is down."""
        pad = self._inbox.get(now_ns)
        return pad is not None and pad.down(self.layout.takeover)

    def deflection(self, now_ns: int) -> NDArray[np.float64]:
        """(6,) of the axes that move, in [-1, 1]; zeros while the gamepad is silent."""
        pad = self._inbox.get(now_ns) or Pad()
        values = np.array([pad.axis(index) for index in self.layout.axes])
        free = self.layout.dead_zone
        beyond = (np.abs(values) - free).clip(0.0) / (1.0 - free)
        return np.asarray(np.sign(values) * beyond)

    @property
    def gripping(self) -> bool:
        """Whether something was pressed for the gripper."""
        return bool(self._gripper)

    def grip(self, now_ns: int, opening: float) -> float:
        """The opening that is wanted where ``opening`` was; forgets what was pressed for it."""
        pad = self._inbox.get(now_ns)
        if self.layout.gripper_axis != NONE:
            return opening if pad is None else (pad.axis(self.layout.gripper_axis) + 1.0) / 2.0
        for word in self._gripper:
            opening = float(word == "open" or (word == "toggle" and opening < 0.5))
        self.forget()
        return opening

    def forget(self) -> None:
        """What was pressed for the gripper meant nothing."""
        self._gripper.clear()

    def verdicts(self) -> list[bool]:
        """What was said of the episode since the last call; true for success."""
        said, self._verdicts = self._verdicts, []
        return said

    def _pressed(self, pad: Pad, word: str) -> bool:
        index = getattr(self.layout, word)
        return pad.down(index) and not self._before.down(index)
