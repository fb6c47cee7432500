# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A client leaves the ROS graph when it is told to."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlco_bridge.client import EpisodeClient, SystemNotReady
from rlco_core.robot import RobotConfig


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Python collects no cycles meanwhile."""
    gc.disable()
    yield
    gc.enable()


def threads() -> int:
    """DDS's are among them, as long as it takes part."""
    return len(list(Path("/proc/self/task").iterdir()))


def come_and_go() -> None:
    client = EpisodeClient(RobotConfig.load("panda"))
    try:
        with pytest.raises(SystemNotReady, match="run_episode"):
            client.wait_for_bridge(0.1)
    finally:
        client.close()


def test_nothing_of_a_client_waits_for_python_to_collect_it(uncollected: None) -> None:
    come_and_go()
    threads_before = threads()
    come_and_go()
    assert threads() == threads_before
