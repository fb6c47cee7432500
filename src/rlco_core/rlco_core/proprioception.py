# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What the arm knows of itself, in a layout that does not depend on its joints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics

LAYOUT = "ee_position_rotation6d_gripper"
COLUMNS = ("x", "y", "z", "r11", "r21", "r31", "r12", "r22", "r32", "gripper")
SIZE = len(COLUMNS)


def proprioception(
    kinematics: Kinematics, joint_positions: NDArray[np.float64], gripper_opening: float
) -> NDArray[np.float32]:
    """(10,) float32: end-effector position (m, base frame), the first two columns of its
    rotation matrix (Zhou et al., CVPR 2019), gripper opening in [0, 1].
    """
    pose = kinematics.forward(joint_positions)
    first, second, _ = pose.rotation.T.tolist()
    row = [*pose.translation.tolist(), *first, *second, gripper_opening]
    return np.array(row, dtype=np.float32)
