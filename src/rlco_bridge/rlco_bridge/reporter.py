# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What the bridge says of itself: safety_state, executed_action, /diagnostics and the journal."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from rlco_bridge import convert
from rlco_bridge.episode import Episode, Outcome
from rlco_bridge.journal import Journal
from rlco_bridge.shadow import Glance
from rlco_core.types import Verdict
from rlco_interfaces.msg import ExecutedAction, SafetyState
from rlco_ros.qos import COMMAND, LATCHED, STATE

_MODES = {
    SafetyState.IDLE: "idle",
    SafetyState.RUNNING: "running",
    SafetyState.HOLDING: "holding",
    SafetyState.STOPPED: "stopped",
}


class Reporter:
    """Publishers of states, and the journal beside them.

    Args:
        node: whose publishers these are.
        journal: path of the journal; where it is empty, rlco_journal.jsonl among ROS's logs.

    Raises:
        ConfigError: the journal cannot be written.
    """

    def __init__(self, node: Node, journal: str) -> None:
        self._node = node
        self._journal = Journal(Path(journal) if journal else _default_path())
        self._safety_states = node.create_publisher(SafetyState, "safety_state", LATCHED)
        self._executed = node.create_publisher(ExecutedAction, "executed_action", STATE)
        self._diagnostics = node.create_publisher(DiagnosticArray, "/diagnostics", COMMAND)
        self._last: Outcome | None = None
        self._held = ""

    def say(self, mode: int, episode: int, outcome: Outcome | None = None) -> None:
        """What the bridge does from now on, and why."""
        self._last, self._held = outcome or self._last, ""
        reason, detail = (outcome.stop_reason, outcome.detail) if outcome else ("", "")
        self._safety_states.publish(convert.safety_message(self._now(), mode, reason, detail))
        self._note(_MODES[mode], episode, reason=reason, detail=detail)

    def stopped(self, episode: int, outcome: Outcome) -> None:
        """Nothing may run, and why."""
        self.say(SafetyState.STOPPED, episode, outcome)

    def acted(self, stamp_ns: int, frame: str, episode: Episode) -> None:
        """The newest control period of ``episode``, which began at ``stamp_ns``."""
        assert episode.played is not None
        message = convert.executed_message(stamp_ns, frame, episode, episode.played)
        self._executed.publish(message)

    def refuse(self, what: str, episode: int, verdict: Verdict) -> None:
        """A chunk was refused."""
        self._node.get_logger().warning(f"{what} refused: {verdict.limit}: {verdict.reason}")
        self._note(f"{what} refused", episode, reason=verdict.limit, detail=verdict.reason)

    def hold_back(self, episode: int, verdict: Verdict) -> None:
        """Motion was held back by a limit, or is not any more; said once until that changes."""
        if verdict.limit != self._held:
            self._held = verdict.limit
            event = "motion is free" if verdict.accepted else "motion held back"
            self._note(event, episode, reason=verdict.limit, detail=verdict.reason)

    def glance(self, episode: int, glance: Glance | None) -> None:
        """In shadow mode: what would have been done, and was."""
        if glance is not None:
            would, did = (
                ", ".join(f"{1000.0 * value:.1f}" for value in way)
                for way in (glance.would, glance.did)
            )
            opening = f"opening {glance.would_open:.2f} against {glance.did_open:.2f}"
            detail = f"would move ({would}) mm, moved ({did}) mm, {opening}"
            self._note("shadow", episode, reason="", detail=detail)

    def shadow(self, episode: int, report: str) -> None:
        """In shadow mode: an episode in one line."""
        if report:
            self._node.get_logger().info(f"shadow: {report}")
            self._note("shadow report", episode, reason="", detail=report)

    def diagnose(self, values: Mapping[str, object]) -> None:
        """REP 107 diagnostics, with how the last episode ended."""
        name = f"{self._node.get_fully_qualified_name()}: bridge"
        about = {name: str(value) for name, value in values.items()}
        about["journal"] = str(self._journal.path)
        if self._journal.problem:
            about["journal problem"] = self._journal.problem
        if self._held:
            about["held back by"] = self._held
        message = convert.diagnostics_message(self._now(), name, self._last, about)
        self._diagnostics.publish(message)

    def _note(self, event: str, episode: int, **about: str) -> None:
        self._journal.note(
            event, self._now(), node=self._node.get_fully_qualified_name(), episode=episode, **about
        )

    def _now(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)


def _default_path() -> Path:
    """Where ROS keeps logs (see rcl_logging_interface)."""
    home = Path(os.environ.get("ROS_HOME") or Path.home() / ".ros")
    return Path(os.environ.get("ROS_LOG_DIR") or home / "log") / "rlco_journal.jsonl"
