# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Messages count as long as they should."""

from __future__ import annotations

import pytest
from desk import Clock

from rlco_teleop.inbox import Inbox


def test_in_lockstep_a_message_counts_at_its_instant_alone() -> None:
    inbox: Inbox[str] = Inbox(True, 0.2, Clock())
    assert inbox.get(7) is None
    inbox.put(7, "now")
    assert (inbox.get(6), inbox.get(7), inbox.get(8)) == (None, "now", None)


@pytest.mark.parametrize(("passed", "heard"), [(0.0, "up"), (0.19, "up"), (0.21, None)])
def test_in_real_time_silence_ends_it_whatever_the_stamps_are(
    passed: float, heard: str | None
) -> None:
    clock = Clock()
    inbox: Inbox[str] = Inbox(False, 0.2, clock)
    inbox.put(10**18, "up")
    clock.now += passed
    assert inbox.get(0) == heard
