# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Systems for the tests: real processes over DDS, stopped whatever happens."""

from __future__ import annotations

import gc
import os
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

#: Apart from what other processes of tests hear.
os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
START_SECONDS = 60.0
#: Where time passes by the clock, it passes slowly: others use this machine, too.
REAL_TIME_FACTOR = 0.5
Running = tuple[System, EpisodeClient]


@pytest.fixture(autouse=True)
def _no_long_pauses() -> None:
    """What other tests left behind is not looked through by the collector while an arm moves."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts a system (all nodes, or ``only`` some) and a client of it."""
    with ExitStack() as stack:

        def start(only: tuple[str, ...] = (), wait: bool = True, **settings: Any) -> Running:
            ours = {"bundle": str(shipped_bundle()), "real_time_factor": REAL_TIME_FACTOR}
            chosen = SimSettings(**{**ours, **settings})
            graph = [spec for spec in sim_graph(chosen) if not only or spec.name in only]
            system = stack.enter_context(System(graph, chosen.namespace, tmp_path / "logs"))
            client = EpisodeClient(RobotConfig.load("panda"), chosen.namespace)
            stack.callback(client.close)
            if wait:
                client.wait_for_system(START_SECONDS)
            return system, client

        yield start
