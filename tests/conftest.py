# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Systems for the tests: real processes over DDS, stopped whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from rlco_bridge.client import EpisodeClient
from rlco_bringup.graph import SimSettings, sim_graph
from rlco_bringup.up import System
from rlco_core.robot import RobotConfig
from rlco_policy.shipped import shipped_bundle

START_SECONDS = 60.0
Running = tuple[System, EpisodeClient]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts a system (all nodes, or ``only`` some) and a client of it."""
    with ExitStack() as stack:

        def start(only: tuple[str, ...] = (), wait: bool = True, **settings: Any) -> Running:
            chosen = SimSettings(**{"bundle": str(shipped_bundle()), **settings})
            graph = [spec for spec in sim_graph(chosen) if not only or spec.name in only]
            system = stack.enter_context(System(graph, chosen.namespace, tmp_path / "logs"))
            client = EpisodeClient(RobotConfig.load("panda"), chosen.namespace)
            stack.callback(client.close)
            if wait:
                client.wait_for_system(START_SECONDS)
            return system, client

        yield start
