# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What keys mean: a keyboard as a device that moves the arm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlco_core.robot import LimitConfig
from rlco_teleop.buttons import Layout

#: s that a key counts as held after it was heard: terminals repeat keys, and tell no releases.
HOLD = 0.3
#: s that a button stays down: long enough for a message that is lost.
PRESS = 0.15
HELP = """\
  w s  away, towards you    a d  left, right    r f  up, down
  q e  turn    i k  tilt over y    j l  tilt over x    + -  faster, slower
  space  gripper    t  take over from the policy, or hand back
  y  done well: ends the episode    g  give it up    Ctrl-C  stop recording
"""
#: Key -> axis of x y z and the turns about them, and the way along it.
_AXES = {
    **{"w": (0, 1), "s": (0, -1), "a": (1, 1), "d": (1, -1), "r": (2, 1), "f": (2, -1)},
    **{"l": (3, 1), "j": (3, -1), "i": (4, 1), "k": (4, -1), "q": (5, 1), "e": (5, -1)},
}
_BUTTONS = {" ": "toggle", "y": "success", "g": "failure"}
_FASTER = {"+": 1.25, "-": 0.8}


class Keys:
    """The keyboard as it is, in the caller's seconds.

    Args:
        limits: of the arm; ``speed`` is the share of them that a key asks for.
    """

    def __init__(self, limits: LimitConfig, speed: float) -> None:
        self._fastest = np.repeat([limits.linear_speed, limits.angular_speed], 3)
        self._speed = speed
        self._heard: dict[int, tuple[int, float]] = {}
        self._pressed: dict[str, float] = {}
        self._takes_over = False

    def press(self, keys: str, now: float) -> None:
        """Keys came in."""
        for key in keys.lower():
            if key in _AXES:
                axis, sign = _AXES[key]
                self._heard[axis] = sign, now
            elif key in _BUTTONS:
                self._pressed[_BUTTONS[key]] = now
            elif key in _FASTER:
                self._speed = min(max(self._speed * _FASTER[key], 0.02), 1.0)
            elif key == "t":
                self._takes_over = not self._takes_over

    def velocity(self, now: float) -> NDArray[np.float64]:
        """(6,) m/s and rad/s in the base frame."""
        wanted = np.zeros(6)
        for axis, (sign, heard) in self._heard.items():
            wanted[axis] = sign * (now - heard <= HOLD)
        return self._speed * self._fastest * wanted

    def buttons(self, now: float) -> list[int]:
        """Buttons as on a gamepad of the usual layout."""
        layout, row = Layout(), [0] * 8
        for name, pressed in self._pressed.items():
            row[getattr(layout, name)] = int(now - pressed <= PRESS)
        row[layout.takeover] = int(self._takes_over)
        return row
