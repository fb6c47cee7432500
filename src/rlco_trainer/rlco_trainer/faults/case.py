# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One fault: how it is made, what it should be called, and how a person gets over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rlco_trainer.faults.rig import Rig


@dataclass(frozen=True)
class Case:
    """One fault on one robot.

    Attributes:
        name: in words with underscores.
        robot: whose.
        inject: makes it, while the arm moves.
        reasons: any of which may be named; empty: the episode is to go on to its end.
        recover: undoes it, as people would.
        early: it is made before the episode begins.
        arm_is_gone: what moves the arm was killed with it: nobody can be asked what it did.
    """

    name: str
    robot: str
    inject: Callable[[Rig], None]
    reasons: tuple[str, ...]
    recover: Callable[[Rig], None]
    early: bool = False
    arm_is_gone: bool = False


@dataclass(frozen=True)
class Result:
    """What became of a case.

    Attributes:
        halt_ms: simulated time from when the bridge ended motion until the arm stood still.
        detect_ms: simulated time from the fault to that.
        reason: that was named.
        problem: what was not as it should be; empty when it passed.
    """

    name: str
    robot: str
    passed: bool
    halt_ms: float | None
    detect_ms: float | None
    reason: str
    detail: str
    problem: str
