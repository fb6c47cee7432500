# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The modes of a UR arm, its program and its speed, as they hang together.

A protective stop, a safeguard stop and an emergency stop only pause the program: once it goes on,
the arm goes on with whatever its controllers hold by then. A program that was stopped is gone, and
the driver takes its motion controllers out until it runs again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from rlco_sim.machine.controller import Setpoint, Vector
from rlco_sim.machine.manager import ControllerManager, Strictness

#: s that a protective stop lasts at least.
_LEAST_STOP = 5.0
#: By which the speed comes back per s after a pause: 0.01 in 2 ms.
_RAMP = 5.0
_NS = 1e-9


class SafetyMode(IntEnum):
    """Those of ur_dashboard_msgs/SafetyMode that are played."""

    NORMAL = 1
    PROTECTIVE_STOP = 3
    SAFEGUARD_STOP = 5
    ROBOT_EMERGENCY_STOP = 7
    VIOLATION = 8
    FAULT = 9


class RobotMode(IntEnum):
    """Those of ur_dashboard_msgs/RobotMode that are played."""

    POWER_OFF = 3
    IDLE = 5
    RUNNING = 7


class Program(Enum):
    """The state of the program that connects to the driver."""

    STOPPED = "stopped"
    PLAYING = "playing"
    PAUSED = "paused"


@dataclass(frozen=True)
class Answer:
    """Of the dashboard."""

    success: bool
    message: str


class UrRobot:
    """One arm, powered, with its program playing.

    Attributes:
        safety, mode, program: the states.
        slider: the share of its speed at which it is set to run, [0, 1].
    """

    #: rad/s: its program does not follow positions that need more.
    ignored = 20.0

    def __init__(self) -> None:
        self.safety, self.mode = SafetyMode.NORMAL, RobotMode.RUNNING
        self.program = Program.PLAYING
        self.slider = 1.0
        self._ramp, self._stopped_ns, self._now_ns = 1.0, 0, 0

    @property
    def moves(self) -> bool:
        """Whether what controllers write gets to the drives."""
        ready = self.safety is SafetyMode.NORMAL and self.mode is RobotMode.RUNNING
        return ready and self.program is Program.PLAYING

    @property
    def connected(self) -> bool:
        """Whether the program runs, paused or not: what robot_program_running tells."""
        return self.program is not Program.STOPPED

    @property
    def scaling(self) -> float:
        """The share of its speed at which it runs now, [0, 1]."""
        return min(self._ramp, self.slider) if self.moves else 0.0

    def pass_time(self, now_ns: int, period_ns: int) -> None:
        """A cycle begins at ``now_ns``."""
        self._now_ns = now_ns
        if self.moves:
            self._ramp = min(self._ramp + _RAMP * period_ns * _NS, 1.0)

    def check(self, told: Setpoint | None) -> None:
        """It does not mind what controllers write: what is not finite goes nowhere."""

    # --- what happens to it --------------------------------------------------------------

    def protective_stop(self) -> None:
        """It touched something, or moved as it may not."""
        self._stopped_ns = self._now_ns
        self._pause(SafetyMode.PROTECTIVE_STOP)

    def emergency_stop(self) -> None:
        """Somebody pressed the button: power is off, too."""
        self._pause(SafetyMode.ROBOT_EMERGENCY_STOP)
        self.mode = RobotMode.POWER_OFF

    def safeguard_stop(self) -> None:
        """A fence opened."""
        self._pause(SafetyMode.SAFEGUARD_STOP)

    def violation(self) -> None:
        """The safety system saw what may not be; only restart_safety helps."""
        self._pause(SafetyMode.VIOLATION)
        self.mode = RobotMode.POWER_OFF

    def release(self) -> None:
        """The button is pulled, the fence closed: after the latter the program goes on."""
        closed = self.safety is SafetyMode.SAFEGUARD_STOP
        if closed or self.safety is SafetyMode.ROBOT_EMERGENCY_STOP:
            self.safety = SafetyMode.NORMAL
        if closed and self.program is Program.PAUSED:
            self._resume()

    # --- the dashboard -------------------------------------------------------------------

    def unlock_protective_stop(self) -> Answer:
        """Not within five seconds."""
        if self.safety is not SafetyMode.PROTECTIVE_STOP:
            return Answer(False, f"there is no protective stop; safety mode is {self.safety.name}")
        waited = (self._now_ns - self._stopped_ns) * _NS
        if waited < _LEAST_STOP:
            return Answer(
                False, f"protective stop {waited:.1f} s ago; unlock it after {_LEAST_STOP:g} s"
            )
        self.safety = SafetyMode.NORMAL
        return Answer(True, "protective stop is released")

    def restart_safety(self) -> Answer:
        """After a fault or a violation; power is off then."""
        if self.safety not in (SafetyMode.FAULT, SafetyMode.VIOLATION):
            return Answer(False, f"nothing to restart from; safety mode is {self.safety.name}")
        self.safety, self.mode = SafetyMode.NORMAL, RobotMode.POWER_OFF
        return Answer(True, "safety is restarted")

    def close_safety_popup(self) -> Answer:
        """There is no screen that it could be in the way of."""
        return Answer(True, "safety popup is closed")

    def power_on(self) -> Answer:
        """Brakes stay on."""
        if self.safety is not SafetyMode.NORMAL:
            return Answer(False, f"no power while safety mode is {self.safety.name}")
        if self.mode is RobotMode.POWER_OFF:
            self.mode = RobotMode.IDLE
        return Answer(True, "power is on")

    def power_off(self) -> Answer:
        """The program is gone."""
        self.mode, self.program = RobotMode.POWER_OFF, Program.STOPPED
        return Answer(True, "power is off")

    def brake_release(self) -> Answer:
        """Powers it on where that is needed."""
        powered = self.power_on()
        if not powered.success:
            return powered
        self.mode = RobotMode.RUNNING
        return Answer(True, "brakes are released")

    def play(self) -> Answer:
        """Goes on with a program that is paused, and starts one that is stopped."""
        if self.safety is not SafetyMode.NORMAL or self.mode is not RobotMode.RUNNING:
            return Answer(
                False,
                f"cannot play while safety mode is {self.safety.name} and robot mode "
                f"{self.mode.name}; they should be NORMAL and RUNNING",
            )
        if self.program is not Program.PLAYING:
            self._resume()
        return Answer(True, "the program is playing")

    def pause(self) -> Answer:
        """Where it is playing."""
        if self.program is not Program.PLAYING:
            return Answer(False, f"the program is {self.program.value}")
        self._pause(self.safety)
        return Answer(True, "the program is paused")

    def stop(self) -> Answer:
        """The program is gone."""
        self.program = Program.STOPPED
        return Answer(True, "the program is stopped")

    def _pause(self, safety: SafetyMode) -> None:
        self.safety = safety
        if self.program is Program.PLAYING:
            self.program = Program.PAUSED

    def _resume(self) -> None:
        """Only what was paused comes back slowly."""
        self._ramp = 0.0 if self.program is Program.PAUSED else 1.0
        self.program = Program.PLAYING


#: Controllers that go on while no program runs.
_CONSISTENT = (
    "io_and_status_controller",
    "force_torque_sensor_broadcaster",
    "joint_state_broadcaster",
    "speed_scaling_state_broadcaster",
    "tcp_pose_broadcaster",
)


class ControllerStopper:
    """Takes out the controllers that were active when the program stopped, and puts just these back
    once it runs again, with the arm wherever it is by then.
    """

    def __init__(self, manager: ControllerManager) -> None:
        self._manager = manager
        self._stopped: list[str] = []
        self._connected = True

    def watch(self, connected: bool, joints: Vector) -> None:
        """The program runs or does not, with the arm at ``joints`` (n,) rad."""
        if connected == self._connected:
            return
        self._connected = connected
        if connected:
            self._manager.switch(self._stopped, [], Strictness.STRICT, joints)
            return
        self._stopped = [name for name in self._manager.active if name not in _CONSISTENT]
        self._manager.switch([], self._stopped, Strictness.STRICT, joints)
