# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What the arm knows of itself, in a layout that does not depend on its joints."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics
from rlco_core.types import ACTION_COLUMNS

LAYOUT = "ee_position_rotation6d_gripper_pending"
COLUMNS = (
    *("x", "y", "z", "r11", "r21", "r31", "r12", "r22", "r32", "gripper"),
    *(f"pending_{name}" for name in ACTION_COLUMNS),
)
SIZE = len(COLUMNS)


class Posture(NamedTuple):
    """Where an arm is, or where it is told to be: (n,) rad, and the gripper's opening in [0, 1]."""

    joints: NDArray[np.float64]
    opening: float


def proprioception(
    kinematics: Kinematics, measured: Posture, commanded: Posture
) -> NDArray[np.float32]:
    """(17,) float32: end-effector position (m, base frame), the first two columns of its
    rotation matrix (Zhou et al., CVPR 2019), gripper opening in [0, 1]; and the action, in its
    seven columns, that would bring the arm to where it was last told to be.

    Actions move the commanded pose. An arm that is on its way and one that came to rest look
    alike in a single image; what is still pending tells them apart.
    """
    # Copies: the model keeps one pose and writes the next over it.
    there = kinematics.forward(commanded.joints).copy()
    here = kinematics.forward(measured.joints)
    first, second, _ = here.rotation.T.tolist()
    moved = (there.translation - here.translation).tolist()
    turned = pin.log3(there.rotation @ here.rotation.T).tolist()
    row = [*here.translation.tolist(), *first, *second, measured.opening,
           *moved, *turned, commanded.opening]  # fmt: skip
    return np.array(row, dtype=np.float32)
