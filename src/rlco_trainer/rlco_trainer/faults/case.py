# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One fault: how it is made, what it should be called, and how a person gets over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rlco_trainer.faults.rig import Rig


@dataclass(frozen=True)
class Case:
    """One fault on one robot.

    Attributes:
        name: in words with underscores.
        robot: whose.
        inject: makes it, while the arm moves.
        reasons: any of which may be named; none, and nothing gone: the episode is to go on to its
            end.
        recover: undoes it, as people would.
        early: it is made before the episode begins.
        gone: what does not answer any more: the arm, so that nobody can be asked what it did, or
            the bridge, so that no reason is named.
    """

    name: str
    robot: str
    inject: Callable[[Rig], None]
    reasons: tuple[str, ...]
    recover: Callable[[Rig], None]
    early: bool = False
    gone: Literal["", "arm", "bridge"] = ""


#: A case that any robot may have.
Told = Callable[[str], Case]


def told(
    name: str,
    inject: Callable[[Rig], None],
    reasons: tuple[str, ...],
    recover: Callable[[Rig], None],
    early: bool = False,
) -> Told:
    """A case, to be given its robot."""
    return lambda robot: Case(name, robot, inject, reasons, recover, early)


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
