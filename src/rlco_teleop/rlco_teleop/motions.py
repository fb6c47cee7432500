# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How a device's messages ask for motion: sticks and twists for a speed, poses for a place.

Every motion has ``velocity``: (6,) m/s and rad/s in the base frame, or None while it is silent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.robot import LimitConfig
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

    def stand_by(self, now_ns: int) -> None:
        """A policy acts in this period: the arm goes where the person did not lead it."""


@dataclass(frozen=True)
class Stillness:
    """What is so slow that nobody meant it: a device's noise, or a hand that rests on it.

    Attributes:
        linear, angular: m/s and rad/s up to which an end effector is at rest.
    """

    linear: float
    angular: float

    @classmethod
    def of(cls, limits: LimitConfig, share: float) -> Stillness:
        """A ``share`` of the arm's speed limits."""
        return cls(share * limits.linear_speed, share * limits.angular_speed)

    def meant(self, velocity: NDArray[np.float64]) -> NDArray[np.float64]:
        """(6,) ``velocity`` as it is, or zeros if it is rest."""
        linear, angular = np.linalg.norm(velocity[:3]), np.linalg.norm(velocity[3:])
        rests = linear <= self.linear and angular <= self.angular
        return np.zeros(6) if rests else velocity


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

    def stand_by(self, now_ns: int) -> None:
        """Nothing is kept."""


class Twists:
    """Speeds as they come, (6,) m/s and rad/s in the base frame.

    Args:
        inbox: for them.
        still: which of them are none.
    """

    def __init__(self, inbox: Inbox[NDArray[np.float64]], still: Stillness) -> None:
        self.inbox, self._still = inbox, still

    def velocity(self, now_ns: int, target: pin.SE3, held: bool) -> NDArray[np.float64] | None:
        """See ``Motion``."""
        velocity = self.inbox.get(now_ns)
        return None if velocity is None else self._still.meant(velocity)

    def restart(self) -> None:
        """Nothing is kept."""

    def stand_by(self, now_ns: int) -> None:
        """Nothing is kept."""


class Poses:
    """The arm goes as a leader goes from where it was when the deadman was first held, so that
    the two may begin at different places.

    While a policy acts, both begin anew: the arm from wherever it is, and the leader from where it
    was a moment ago, so that what is asked for is how fast it moves now, and not how far it has
    strayed since.

    Args:
        inbox: for the leader's poses.
        still: so little towards the leader is not worth a motion.
    """

    def __init__(self, inbox: Inbox[pin.SE3], still: Stillness) -> None:
        self.inbox, self._still = inbox, still
        self._leader: pin.SE3 | None = None
        self._arm: pin.SE3 | None = None
        self._stood_by_ns: int | None = None

    def velocity(self, now_ns: int, target: pin.SE3, held: bool) -> NDArray[np.float64] | None:
        """See ``Motion``."""
        pose = self.inbox.get(now_ns)
        if pose is None or not held:
            self.restart()
            return None if pose is None else np.zeros(6)
        leader = pose if self._leader is None else self._leader
        arm = target if self._arm is None else self._arm
        self._leader, self._arm = leader, arm
        away = arm.translation + pose.translation - leader.translation - target.translation
        turned = pose.rotation @ leader.rotation.T @ arm.rotation
        back = pin.log3(turned @ target.rotation.T)
        asked = self._still.meant(_GAIN * np.concatenate([away, back]))
        if asked.any():
            self._stood_by_ns = None
        return asked

    def restart(self) -> None:
        """The next pose is a beginning."""
        self._leader = self._arm = self._stood_by_ns = None

    def stand_by(self, now_ns: int) -> None:
        """See ``Motion``; the leader's beginning comes after it as fast as the arm would."""
        pose, before, self._arm = self.inbox.get(now_ns), self._stood_by_ns, None
        if pose is None or self._leader is None:
            return
        passed = math.inf if before is None else 1e-9 * (now_ns - before)
        self._leader = _between(self._leader, pose, -math.expm1(-_GAIN * passed))
        self._stood_by_ns = now_ns


def _between(begin: pin.SE3, end: pin.SE3, share: float) -> pin.SE3:
    """A ``share`` in [0, 1] of the way, straight, and turning about one axis."""
    way = end.translation - begin.translation
    turn = pin.log3(end.rotation @ begin.rotation.T)
    return pin.SE3(pin.exp3(share * turn) @ begin.rotation, begin.translation + share * way)
