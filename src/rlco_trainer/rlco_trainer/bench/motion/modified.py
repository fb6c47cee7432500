# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How often an arm was told something else than the policy asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics

Vector = NDArray[np.float64]

#: m and rad: what inverse kinematics and single precision leave.
_WAY, _TURN = 1e-3, 1e-2


@dataclass(frozen=True)
class Executed:
    """A control period.

    Attributes:
        step: its number in its episode.
        action: (7,) that was played.
        told: (n,) rad, where joints had been told to be when it began.
    """

    step: int
    action: Vector
    told: Vector


def modified(kinematics: Kinematics, executed: Sequence[Executed]) -> int:
    """In how many periods of an episode the commanded pose did not move as the action asked, but as
    walls of the workspace or speeds of joints allow. The last period is not known of.
    """
    pairs = [(one, then) for one, then in pairwise(executed) if then.step == one.step + 1]
    return sum(_differs(kinematics, one, then.told) for one, then in pairs)


def _differs(kinematics: Kinematics, one: Executed, then: Vector) -> bool:
    before, after = (kinematics.forward(joints).copy() for joints in (one.told, then))
    way = after.translation - before.translation - one.action[:3]
    turn = pin.log3(after.rotation @ (pin.exp3(one.action[3:6]) @ before.rotation).T)
    return bool(np.linalg.norm(way) > _WAY or np.linalg.norm(turn) > _TURN)
