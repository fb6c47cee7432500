# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The contract that people act under: a policy's, but for how long an answer lasts."""

from __future__ import annotations

from rlco_core import proprioception
from rlco_core.contract import LANGUAGE_TOKENS, LANGUAGE_WIDTH, CameraContract, Contract
from rlco_core.types import ACTION_COLUMNS

_HORIZON = 8
# In real time an answer may be some periods late before the arm brakes, as with policies.
_EXECUTE = 4


def hands_contract(
    robot: str, task: str, camera: CameraContract, dt: float, lockstep: bool
) -> Contract:
    """For people (or whoever acts in their place) who do ``task`` on ``robot``.

    Args:
        camera: what is recorded beside the actions.
        dt: control period, s.
        lockstep: every period is answered by itself, and waited for.
    """
    action = {
        "semantics": "delta_commanded_ee_pose_base",
        "columns": ACTION_COLUMNS,
        "dt": dt,
        "horizon": _HORIZON,
        "execute": 1 if lockstep else _EXECUTE,
    }
    encoder = "all-MiniLM-L6-v2"
    return Contract.parse(
        {
            "robot": robot,
            "tasks": [task],
            "cameras": [camera],
            "proprioception": {"layout": proprioception.LAYOUT, "size": proprioception.SIZE},
            "action": action,
            "language": {"encoder": encoder, "tokens": LANGUAGE_TOKENS, "width": LANGUAGE_WIDTH},
        }
    )
