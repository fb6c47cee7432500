# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What only UR's and only Franka's robots do."""

from __future__ import annotations

from collections.abc import Callable

from rlco_core.robot import RobotConfig
from rlco_trainer.faults.case import Told, told
from rlco_trainer.faults.rig import Rig

#: s of simulated time after which a protective stop can be unlocked.
_LOCKED = 5.2
#: N with which a person leans on the arm.
_LEANS = 90.0


def _inject(fault: str, value: float = 0.0) -> Callable[[Rig], None]:
    return lambda rig: rig.person.inject(fault, value)


def _undo(fault: str, value: float = 0.0) -> Callable[[Rig], None]:
    return lambda rig: rig.person.undo(fault, value)


def _unlock(rig: Rig) -> None:
    rig.pass_time(_LOCKED)
    rig.person.press("unlock_protective_stop", "play")


def _power_up(rig: Rig) -> None:
    rig.person.undo("release")
    rig.person.press("power_on", "brake_release", "play")


def _play(rig: Rig) -> None:
    rig.person.press("play")


def _recover(rig: Rig) -> None:
    controller = RobotConfig.load(rig.robot).controller_topic.split("/")[0]
    rig.person.recover_franka(controller)


def _release_and_recover(rig: Rig) -> None:
    rig.person.undo("release")
    _recover(rig)


_CONTROLLER = told(
    "controller_deactivated",
    _inject("deactivate_controllers"),
    ("controller_inactive", "tracking_error"),
    _undo("activate_controllers"),
)
_GRIPPER = told(
    "gripper_never_answers",
    _inject("silent_gripper"),
    ("gripper_timeout",),
    _undo("speaking_gripper"),
    early=True,  # goals of grippers go out when an episode begins
)
_LEANING = told(
    "force_exceeded",
    _inject("felt_force", _LEANS),
    ("force_exceeded",),
    _undo("felt_force"),
)
_FREEZE = told(
    "driver_repeats_joint_states",
    _inject("joint_state_freeze"),
    ("tracking_error", "joints_frozen"),
    _undo("joint_state_unfreeze"),
)
_FULL_SPEED = _undo("speed_scaling", 1.0)
UR: tuple[Told, ...] = (
    told("protective_stop", _inject("protective_stop"), ("protective_stop",), _unlock),
    told("emergency_stop", _inject("emergency_stop"), ("emergency_stop",), _power_up),
    told("safeguard_stop", _inject("safeguard_stop"), ("safeguard_stop",), _undo("release")),
    told("program_stop_and_reactivation", _inject("program_stop"), ("program_stopped",), _play),
    told("speed_scaling_10", _inject("speed_scaling", 0.1), (), _FULL_SPEED),
    told("speed_scaling_0", _inject("speed_scaling", 0.0), ("paused",), _FULL_SPEED),
    _CONTROLLER,
    _LEANING,
    _FREEZE,
    _GRIPPER,
)
FRANKA: tuple[Told, ...] = (
    told("reflex", _inject("reflex"), ("reflex", "driver_silent"), _recover),
    told("user_stop", _inject("user_stop"), ("reflex", "driver_silent"), _release_and_recover),
    _CONTROLLER,
    _LEANING,
    _FREEZE,
    _GRIPPER,
)
