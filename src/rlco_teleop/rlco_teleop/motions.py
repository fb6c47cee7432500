# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How a device's messages ask for motion: sticks and twists for a speed, poses for a place.

Every motion has ``velocity``: (6,) m/s and rad/s in the base frame, or None while it is silent.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_teleop.buttons import Buttons
from rlco_teleop.inbox import Inbox

# Of the way to a place, per second. What was told comes a period or two late, and with more than
# a quarter of the way per period the arm would swing about the place.
_GAIN = 5.0


class Motion(Protocol):
    """What moves."""

    def velocity(self, now_ns: int, target: pin.SE3, held: bool) -> NDArray[np.float64] | None:
        """What is asked for where the commanded pose is ``target``.

        Args:
            held: whether the deadman is.
        """

    def restart(self) -> None:
        """An episode begins."""


class Sticks:
    """Deflection is speed.

    Args:
        buttons: the gamepad.
        fastest: (6,) m/s and rad/s at full deflection.
    """

    def __init__(self, buttons: Buttons, fastest: NDArray[np.float64]) -> None:
        self._buttons, self._fastest = buttons, fastest

    def velocity(self, now_ns: int, target: pin.SE3, held: bool) -> NDArray[np.float64] | None:
        """See ``Motion``."""
        if not self._buttons.heard(now_ns):
            return None
        return self._buttons.deflection(now_ns) * self._fastest

    def restart(self) -> None:
        """Nothing is kept."""


class Twists:
    """Speeds as they come, (6,) m/s and rad/s in the base frame."""

    def __init__(self, inbox: Inbox[NDArray[np.float64]]) -> None:
        self.inbox = inbox

    def velocity(self, now_ns: int, target: pin.SE3, held: bool) -> NDArray[np.float64] | None:
        """See ``Motion``."""
        return self.inbox.get(now_ns)

    def restart(self) -> None:
        """Nothing is kept."""


class Poses:
    """The arm goes as a leader goes from where it was when the deadman was first held, so that
    the two may begin at different places.
    """

    def __init__(self, inbox: Inbox[pin.SE3]) -> None:
        self.inbox = inbox
        self._began: tuple[pin.SE3, pin.SE3] | None = None

    def velocity(self, now_ns: int, target: pin.SE3, held: bool) -> NDArray[np.float64] | None:
        """See ``Motion``."""
        pose = self.inbox.get(now_ns)
        if pose is None or not held:
            self.restart()
            return None if pose is None else np.zeros(6)
        if self._began is None:
            self._began = pose, target
        leader, arm = self._began
        away = arm.translation + pose.translation - leader.translation - target.translation
        turned = pose.rotation @ leader.rotation.T @ arm.rotation
        return _GAIN * np.concatenate([away, pin.log3(turned @ target.rotation.T)])

    def restart(self) -> None:
        """The next pose is a beginning."""
        self._began = None
