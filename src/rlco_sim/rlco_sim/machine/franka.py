# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The modes of a Franka arm and of its hardware component.

A reflex while a controller commands the arm takes the component down with all controllers on it,
those that tell the state, too: then there is silence. With no controller the mode is told.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from rlco_sim.machine.controller import Setpoint
from rlco_sim.machine.manager import ControllerManager


class RobotMode(IntEnum):
    """Those of franka_msgs/FrankaRobotState that are played."""

    IDLE = 1
    MOVE = 2
    REFLEX = 4
    USER_STOPPED = 5


class FrankaRobot:
    """One arm whose driver has just started.

    Args:
        manager: of its controllers.

    Attributes:
        component_active: whether the driver's hardware component is active.
        reflexed: whether its last motion ended in a reflex.
    """

    #: rad/s: it follows every position.
    ignored = float("inf")

    def __init__(self, manager: ControllerManager) -> None:
        self._manager = manager
        manager.refusal = self._refusal
        self._stop: RobotMode | None = None
        self.component_active = True
        self.reflexed = False

    @property
    def mode(self) -> RobotMode:
        """As its state tells it."""
        if self._stop is not None:
            return self._stop
        return RobotMode.IDLE if self._manager.commanding is None else RobotMode.MOVE

    @property
    def scaling(self) -> float:
        """The share of its speed at which it runs: there is no slider."""
        return 1.0

    def pass_time(self, now_ns: int, period_ns: int) -> None:
        """A cycle begins; nothing here depends on it."""

    @property
    def moves(self) -> bool:
        """Whether what controllers write gets to the drives."""
        return self.component_active and self._stop is None

    def reflex(self) -> None:
        """It touched something, or was told what it cannot do."""
        self._halt(RobotMode.REFLEX)

    def user_stop(self) -> None:
        """Somebody pressed the stop at the arm."""
        self._halt(RobotMode.USER_STOPPED)

    def release(self) -> None:
        """The stop at the arm is released; a reflex stays."""
        if self._stop is RobotMode.USER_STOPPED:
            self._stop = None

    def recover(self) -> bool:
        """Automatic error recovery; whether the arm can move again."""
        if self._stop is RobotMode.REFLEX:
            self._stop = None
        return self._stop is None

    def activate_component(self) -> bool:
        """Whether it could be activated; controllers stay inactive."""
        self.component_active = self._stop is None
        return self.component_active

    def switched(self) -> None:
        """Controllers were switched. One that commands the arm clears a reflex as it starts, as the
        driver does without being asked.
        """
        if self._manager.commanding is not None:
            self.recover()

    def check(self, told: Setpoint | None) -> None:
        """What is not finite takes the component down."""
        if told is not None and not np.isfinite(told.values).all():
            self.reflex()

    def _refusal(self) -> str:
        if not self.component_active:
            return "the hardware component is not active; set it active first"
        if self._stop is RobotMode.USER_STOPPED:
            return "the stop at the arm is pressed; release it first"
        return ""

    def _halt(self, mode: RobotMode) -> None:
        commanded, self._stop = self._manager.commanding is not None, mode
        self.reflexed = mode is RobotMode.REFLEX
        if commanded:
            self.component_active = False
            for name in self._manager.active:
                self._manager.controllers[name].deactivate()
