# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One robot in its world: in every step of physics controllers are asked, drives and fingers go."""

from __future__ import annotations

from typing import Protocol

from rlco_sim.latency import LateView
from rlco_sim.machine.controller import Cycle, Setpoint, Vector
from rlco_sim.machine.drive import Drive
from rlco_sim.machine.hand import Hand
from rlco_sim.machine.manager import ControllerManager
from rlco_sim.session import DT, Session


class Modes(Protocol):
    """What a body has to know of the robot's modes."""

    #: rad/s, see ``Drive``.
    ignored: float

    @property
    def moves(self) -> bool:
        """Whether what controllers write gets to the drives."""

    @property
    def scaling(self) -> float:
        """The share of its speed at which the robot runs, [0, 1]."""

    def pass_time(self, now_ns: int, period_ns: int) -> None:
        """A cycle begins."""

    def check(self, told: Setpoint | None) -> None:
        """What controllers write in this cycle."""


class Body:
    """Arm and fingers of a session, driven by the controllers of a manager.

    Args:
        session: the world.
        manager: the controllers.
        modes: of the robot.
        hand: the fingers.
        parts: in how many parts a control period is passed.

    Attributes:
        frozen: joint states stand still while the arm goes on: a driver that lost the robot.
    """

    def __init__(
        self, session: Session, manager: ControllerManager, modes: Modes, hand: Hand, parts: int
    ) -> None:
        self.session, self.manager, self.modes, self.hand = session, manager, modes, hand
        self.parts = parts
        self.frozen = False
        self.drive = Drive(session.joint_positions, modes.ignored)
        self._view = LateView(self._look, DT / parts)
        self.begin()

    def begin(self) -> None:
        """A new episode: controllers hold where the arm is."""
        session = self.session
        self.drive.reset(session.joint_positions)
        self.hand.reset(session.fingers)
        for controller in self.manager.controllers.values():
            if controller.active:
                controller.deactivate()
                controller.activate(session.joint_positions)
        self._view.reset(session.world.settings.timing, session.seed)
        self._seen = self._view.now()

    def advance(self, part: int) -> None:
        """The part of a control period that has this number passes."""
        steps = self.session.substeps
        for _ in range(steps * part // self.parts, steps * (part + 1) // self.parts):
            self._cycle()
        self._view.advance()
        if not self.frozen:
            self._seen = self._view.now()

    @property
    def seen(self) -> tuple[Vector, Vector]:
        """(n + fingers,) positions and velocities as joint states tell them now."""
        return self._seen

    def _look(self) -> tuple[Vector, Vector]:
        return self.session.motor_positions, self.session.motor_velocities

    def _cycle(self) -> None:
        session, count = self.session, len(self.session.robot.joint_names)
        period_ns = session.next_ns - session.stamp_ns
        self.modes.pass_time(session.stamp_ns, period_ns)
        cycle = Cycle(
            session.stamp_ns,
            period_ns,
            session.joint_positions,
            session.motor_velocities[:count],
            self.modes.scaling,
        )
        told = self.manager.update(cycle)
        self.modes.check(told)
        free = self.modes.moves
        goal = self.drive.follow(told, cycle) if free else self.drive.brake(cycle)
        speed = float(session.motor_velocities[count])
        fingers = self.hand.next(session.fingers, speed, period_ns)
        session.step(goal, fingers, prompt=self.drive.braking)
