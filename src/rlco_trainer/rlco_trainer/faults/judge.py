# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Tries a case out, and says what was not as it should be."""

from __future__ import annotations

from dataclasses import dataclass

from rlco_bridge.client import SystemNotReady
from rlco_core.errors import RlcoError
from rlco_trainer.faults.case import Case, Result
from rlco_trainer.faults.rig import Rig

#: Control period at which a fault is made: the arm moves by then.
_STEP = 5
#: Longest way to rest, ms of simulated time.
_HALT_MS = 250.0
#: Simulated seconds for which an arm that was stopped is watched.
_WATCHED = 0.6
#: Longest wait for the end of an episode whose bridge is gone, s.
_GONE = 6.0
#: ns after which a bridge that is gone would have sent its next command.
_PERIOD_NS = 50_000_000


class Unwanted(RlcoError):
    """Something that must not be was."""


@dataclass
class _Seen:
    """What is known of a case so far."""

    injected_ns: int = 0
    stopped_ns: int = 0
    reason: str = ""
    detail: str = ""
    halt_ms: float | None = None


def try_out(case: Case, rig: Rig) -> Result:
    """The fault is made while an episode runs; then a person gets the system over it, and the task
    is finished.
    """
    seen, problem = _Seen(), ""
    try:
        rig.arm()
        _suffer(case, rig, seen)
        case.recover(rig)
        problem = rig.succeed()
    except RlcoError as error:
        problem = str(error)
    detected = (seen.stopped_ns - seen.injected_ns) * 1e-6 if seen.stopped_ns else None
    return Result(
        name=case.name,
        robot=case.robot,
        passed=not problem,
        halt_ms=seen.halt_ms,
        detect_ms=detected,
        reason=seen.reason,
        detail=seen.detail,
        problem=problem,
    )


def _suffer(case: Case, rig: Rig, seen: _Seen) -> None:
    """Makes the fault, and looks at what comes of it."""
    rig.moves.clear()
    rig.stops.clear()
    if case.early:
        _inject(case, rig, seen)
    try:
        report = rig.episode(
            lambda step: _inject(case, rig, seen) if step >= _STEP else None,
            timeout=_GONE if case.gone == "bridge" else None,
        )
        seen.reason, seen.detail = report.stop_reason, report.detail
    except SystemNotReady as error:
        if case.gone != "bridge":
            raise
        seen.detail = str(error)
    if not seen.injected_ns:
        raise Unwanted(f"the episode ended before the fault: {seen.reason}: {seen.detail}")
    if case.reasons or case.gone:
        _require_stop(case, rig, seen)
    elif seen.reason not in ("success", "step_limit"):
        raise Unwanted(f"it should have gone on; it ended with {seen.reason}: {seen.detail}")


def _inject(case: Case, rig: Rig, seen: _Seen) -> None:
    if not seen.injected_ns:
        seen.injected_ns = rig.now_ns
        case.inject(rig)


def _require_stop(case: Case, rig: Rig, seen: _Seen) -> None:
    """The right reason, at rest in time, and no motion until somebody arms the bridge."""
    if seen.reason not in (case.reasons or ("",)):
        raise Unwanted(f"ended with {seen.reason or 'nothing'} ({seen.detail}), not {case.reasons}")
    if case.gone == "arm":
        seen.halt_ms = 0.0
        return
    rig.pass_time(_WATCHED)
    seen.stopped_ns = rig.stops[0] if rig.stops else seen.injected_ns + _PERIOD_NS
    seen.halt_ms = rig.stood_after(seen.stopped_ns)
    if seen.halt_ms > _HALT_MS:
        raise Unwanted(f"stood still {seen.halt_ms:.0f} ms after it was stopped")
    if case.gone != "bridge":
        refused = rig.episode()
        if refused.stop_reason != "refused":
            raise Unwanted(f"moved again before it was armed: {refused.stop_reason}")
