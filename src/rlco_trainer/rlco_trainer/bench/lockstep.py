# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Simulator, policy and bridge in lock-step, as benches run them for long."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from rlco_bridge.client import EpisodeClient
from rlco_bringup.graph import SimSettings, sim_graph
from rlco_bringup.up import System, profile_environment
from rlco_core.robot import RobotConfig
from rlco_trainer.bench.patience import START_SECONDS, patient


@contextmanager
def lockstep_system(task: str, robot: str) -> Iterator[tuple[EpisodeClient, Mapping[str, int]]]:
    """A client of the running system, and its processes' numbers by their nodes' names.

    Raises:
        RlcoError: the system did not start.
    """
    os.environ.update(profile_environment())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rlco_bench_")))
        os.environ["ROS_LOG_DIR"] = str(folder)  # the bridge's journal, too
        graph = patient(sim_graph(SimSettings(task=task, robot=robot)))
        system = stack.enter_context(System(graph, log_dir=folder))
        client = EpisodeClient(RobotConfig.load(robot), alive=system.require_alive)
        stack.enter_context(closing(client))
        client.wait_for_system(START_SECONDS)
        yield client, {name: process.pid for name, process in system.processes.items()}
