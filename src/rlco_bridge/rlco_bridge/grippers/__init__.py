# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Grippers: one kind, one file, behind one interface; an opening is in [0, 1]."""

from __future__ import annotations

from typing import Protocol


class Gripper(Protocol):
    """One way to tell a gripper what to do.

    Attributes:
        name: resolved, of the topic, action or service that carries commands.
    """

    name: str

    def begin(self) -> None:
        """An episode begins: whatever was sent before counts no more."""

    def command(self, stamp_ns: int, opening: float) -> None:
        """The opening that is wanted in the control period from ``stamp_ns`` on."""

    def measure(self, stamp_ns: int, opening: float) -> None:
        """Where the fingers were at ``stamp_ns``, episode or not."""

    def other_owner(self) -> str:
        """Who else commands it, as one line; empty if nobody does."""

    def problem(self) -> str:
        """Why it cannot be used now, as one line; empty if it can."""

    def overdue(self) -> str:
        """What it should have answered by now, or failed to do, as one line; empty if nothing."""
