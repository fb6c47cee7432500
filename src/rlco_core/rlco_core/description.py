# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the robot that a driver describes is the one that we have limits and kinematics of."""

from __future__ import annotations

import numpy as np
import pinocchio as pin

from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig

#: m and rad between the two models' wrists: calibration moves a UR's by 1 or 2 mm.
_PLACE, _TURN = 5e-3, 0.02
#: rad and rad/s by which limits may differ by rounding.
_ROUNDED = 2e-3


def differences(
    robot: RobotConfig, kinematics: Kinematics, urdf: str, prefix: str = ""
) -> tuple[str, ...]:
    """What differs between ``robot`` and the arm in ``urdf``, a driver's robot_description, that
    matters: one line each, none if they fit.

    Args:
        prefix: that the driver puts before the names of joints.
    """
    try:
        model = pin.buildModelFromXML(urdf)
    except (ValueError, RuntimeError) as error:
        return (f"robot_description is no URDF: {' '.join(str(error).split())}",)
    names = [prefix + name for name in robot.joint_names]
    missing = [name for name in names if not model.existJointName(name)]
    if missing:
        known = ", ".join(str(name) for name in list(model.names)[1:])
        return (f"robot_description has no joint {missing[0]}; it has {known}",)
    return (*_limits(robot, kinematics, model, names), *_place(robot, kinematics, model, names))


def _limits(
    robot: RobotConfig, kinematics: Kinematics, model: pin.Model, names: list[str]
) -> list[str]:
    """Limits of ours that are wider than the driver's."""
    found, margin = [], robot.limits.joint_margin
    for k, name in enumerate(names):
        index = model.joints[model.getJointId(name)].idx_q
        low, high = model.lowerPositionLimit[index], model.upperPositionLimit[index]
        ours = kinematics.lower[k] + margin, kinematics.upper[k] - margin
        if ours[0] < low - _ROUNDED or ours[1] > high + _ROUNDED:
            found.append(
                f"{name} may be from {low:.3f} to {high:.3f} rad, "
                f"robot '{robot.name}' allows {ours[0]:.3f} to {ours[1]:.3f}"
            )
        fastest = model.velocityLimit[model.joints[model.getJointId(name)].idx_v]
        ours_fast = kinematics.velocity[k] * robot.limits.velocity_scale
        if ours_fast > fastest + _ROUNDED:
            found.append(
                f"{name} may move at {fastest:.2f} rad/s, "
                f"robot '{robot.name}' allows {ours_fast:.2f}"
            )
    return found


def _place(
    robot: RobotConfig, kinematics: Kinematics, model: pin.Model, names: list[str]
) -> list[str]:
    """Where the last joint is at home, seen from the first."""
    data, joints = model.createData(), pin.neutral(model)
    for name, angle in zip(names, robot.home, strict=True):
        joints[model.joints[model.getJointId(name)].idx_q] = angle
    pin.forwardKinematics(model, data, joints)
    first, last = (data.oMi[model.getJointId(names[k])] for k in (0, -1))
    away = kinematics.wrist().actInv(first.actInv(last))
    place, turn = np.linalg.norm(away.translation), np.linalg.norm(pin.log3(away.rotation))
    if place <= _PLACE and turn <= _TURN:
        return []
    return [
        f"its wrist is {1000.0 * place:.1f} mm and {turn:.3f} rad from where {robot.urdf.name} has "
        "it at home; another arm, or one that was calibrated: give the robot its own URDF"
    ]
