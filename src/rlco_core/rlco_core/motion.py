# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The one action path: action -> target pose -> joints -> verdict.

The simulator trains through this code and the bridge commands the robot through it, so an
action cannot come to mean two things.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics
from rlco_core.limits import Setpoint
from rlco_core.robot import RobotConfig
from rlco_core.safety import robot_safety
from rlco_core.types import ACCEPTED, Verdict, readonly


@dataclass(frozen=True)
class Command:
    """What the controllers are told for one control period.

    Attributes:
        joints: (n,) rad.
        fingers: position of every finger joint, m or rad.
        verdict: whether it may be sent; a refused command repeats the one before it.
    """

    joints: NDArray[np.float64]
    fingers: float
    verdict: Verdict


class ActionPath:
    """Turns actions into checked joint commands; holds the commanded pose between them.

    Deltas apply to the *commanded* pose, so tracking errors of the arm do not add up and a
    plan means the same on a stiff and on a soft controller. The target is kept in the
    workspace box and joint steps are scaled to the joints' speed; both are part of what an
    action means. The verdict is given afterwards, on the result, by independent code.
    """

    def __init__(self, robot: RobotConfig, dt: float) -> None:
        self.kinematics = Kinematics(robot)
        self._safety = robot_safety(robot, self.kinematics)
        self._gripper = robot.gripper
        self._dt = dt
        limits = robot.limits
        self._lower = np.array(limits.workspace.lower)
        self._upper = np.array(limits.workspace.upper)
        self._lowest = self.kinematics.lower + limits.joint_margin
        self._highest = self.kinematics.upper - limits.joint_margin
        self._reach = self.kinematics.velocity * limits.velocity_scale * dt
        self.reset(self.kinematics.home, 1.0)

    def reset(self, joints: NDArray[np.float64], gripper_opening: float) -> None:
        """Starts from where the arm is: ``joints`` (n,) rad, opening in [0, 1]."""
        self._joints = readonly(np.array(joints, dtype=np.float64))
        self._target = self.kinematics.forward(self._joints)
        self._opening = float(gripper_opening)

    @property
    def target(self) -> pin.SE3:
        """The commanded end-effector pose in the base frame."""
        return self._target.copy()

    @property
    def command(self) -> NDArray[np.float64]:
        """(n,) rad, the joints last commanded."""
        return self._joints

    @property
    def standing(self) -> Command:
        """What the controllers were told last, or would be told to stay where the arm was."""
        return self._command(ACCEPTED)

    @property
    def gripper_opening(self) -> float:
        """The opening last commanded, in [0, 1]."""
        return self._opening

    def step(self, action: NDArray[np.floating]) -> Command:
        """One control period: applies ``action`` (7,), or refuses it and changes nothing."""
        row = np.asarray(action, dtype=np.float64)
        verdict = self._safety.check_action(row, self._dt)
        if not verdict.accepted:
            return self._command(verdict)
        target = self._moved(row)
        joints = self._reachable(self.kinematics.inverse(target, self._joints))
        verdict = self._judged(joints)
        if verdict.accepted:
            self._joints, self._target = readonly(joints), target
            self._opening = min(max(float(row[6]), 0.0), 1.0)
        return self._command(verdict)

    def _command(self, verdict: Verdict) -> Command:
        return Command(self._joints, self._gripper.joint_position(self._opening), verdict)

    def _judged(self, joints: NDArray[np.float64]) -> Verdict:
        position = self.kinematics.forward(joints).translation
        velocity = (joints - self._joints) / self._dt
        return self._safety.check_setpoint(Setpoint(joints, velocity, position))

    def _moved(self, row: NDArray[np.float64]) -> pin.SE3:
        moved = pin.exp6(row[:6]) * self._target  # for its rotation; the translation is ours
        moved.translation = (self._target.translation + row[:3]).clip(self._lower, self._upper)
        return moved

    def _reachable(self, wanted: NDArray[np.float64]) -> NDArray[np.float64]:
        step = wanted.clip(self._lowest, self._highest) - self._joints
        excess = max(map(abs, (step / self._reach).tolist()))
        return self._joints + (step / excess if excess > 1.0 else step)
