# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What controller_manager does: it switches controllers, and asks the active ones every cycle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from rlco_core.errors import ConfigError, choices
from rlco_sim.machine.controller import (
    Controller,
    ControllerFault,
    Cycle,
    Setpoint,
    Vector,
    unheard,
)


class Strictness(IntEnum):
    """How much of a request has to be possible; whatever else is asked for is BEST_EFFORT."""

    BEST_EFFORT = 1
    STRICT = 2


@dataclass(frozen=True)
class Switched:
    """Whether a switch was made, and what there is to say of it."""

    ok: bool
    message: str = ""


class ControllerManager:
    """The controllers of one arm. At most one of those that command it is active at a time, as
    robots' drivers exclude commanding positions and velocities at once.

    Args:
        controllers: all that are loaded, by the order in which they are listed.
        log: takes what it would log as errors.

    Attributes:
        refusal: tells why nothing can be activated now; empty if it can.
    """

    def __init__(
        self, controllers: Sequence[Controller], log: Callable[[str], None] = unheard
    ) -> None:
        self.controllers = {controller.name: controller for controller in controllers}
        self._log = log
        self.refusal: Callable[[], str] = str

    @property
    def active(self) -> list[str]:
        """Names of the active controllers."""
        return [name for name, one in self.controllers.items() if one.active]

    @property
    def commanding(self) -> Controller | None:
        """The active controller that commands the arm, if there is one."""
        return next(
            (one for one in self.controllers.values() if one.active and one.moves_arm), None
        )

    def start(self, initial: str, joints: Vector) -> None:
        """Activates what commands no arm, and of what does the controller ``initial``, with the arm
        at ``joints`` (n,) rad.

        Raises:
            ConfigError: there is no such controller.
        """
        arms = [name for name, one in self.controllers.items() if one.moves_arm]
        if initial not in arms:
            raise ConfigError(
                f"controller '{initial}' does not command the arm; it should be {choices(arms)}"
            )
        for name, one in self.controllers.items():
            if name == initial or not one.moves_arm:
                one.activate(joints)

    def switch(
        self, activate: Sequence[str], deactivate: Sequence[str], strictness: int, joints: Vector
    ) -> Switched:
        """Deactivates, then activates, with the arm at ``joints`` (n,) rad; or does nothing.

        What cannot be done is left out with BEST_EFFORT and prevents all with STRICT. Two
        controllers that would command the arm prevent all either way.
        """
        stop, bad_stops = self._sorted(deactivate, True, ())
        start, bad_starts = self._sorted(activate, False, stop)
        problems = [*bad_stops, *bad_starts]
        unknown = all(name not in self.controllers for name in (*activate, *deactivate))
        if problems and (strictness == Strictness.STRICT or unknown):
            return self._refuse(problems[0])
        conflict = self._conflict(start, stop)
        if conflict:
            return self._refuse(conflict)
        for name in stop:
            self.controllers[name].deactivate()
        for name in start:
            self.controllers[name].activate(joints)
        return Switched(True, "; ".join(problems))

    def update(self, cycle: Cycle) -> Setpoint | None:
        """One cycle; what the arm is told, None for nothing new. A controller that fails is out."""
        told = None
        for one in self.controllers.values():
            if one.active:
                try:
                    told = one.update(cycle) or told
                except ControllerFault as fault:
                    self._log(f"{fault}; it is deactivated")
                    one.deactivate()
        return told

    def _sorted(
        self, names: Sequence[str], active: bool, stopped: Sequence[str]
    ) -> tuple[list[str], list[str]]:
        """Those that can be switched because they are (in)active now, and what is wrong."""
        able, problems = [], []
        for name in names:
            one = self.controllers.get(name)
            if one is None:
                known = ", ".join(self.controllers)
                problems.append(f"controller '{name}' does not exist; there are {known}")
            elif one.active != active and name not in stopped:
                problems.append(f"controller '{name}' is {'not' if active else 'already'} active")
            else:
                able.append(name)
        return able, problems

    def _conflict(self, start: Sequence[str], stop: Sequence[str]) -> str:
        if start and self.refusal():
            return self.refusal()
        going = [name for name in self.active if name not in stop]
        both = [name for name in (*going, *start) if self.controllers[name].moves_arm]
        if len(both) > 1:
            return f"{both[0]} and {both[1]} would both command the arm; deactivate one"
        return ""

    def _refuse(self, why: str) -> Switched:
        self._log(f"no controller is switched: {why}")
        return Switched(False, why)
