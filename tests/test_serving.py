# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Two systems in namespaces of their own share one policy server, and play as they would alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest

from rlco_bridge.client import EpisodeClient
from rlco_bringup.graph import SimSettings, sim_graph
from rlco_bringup.up import System
from rlco_core.bundle import load_bundle
from rlco_core.robot import RobotConfig
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.shipped import shipped_bundle
from rlco_sim.domain import Domain
from rlco_sim.session import Session
from rlco_trainer.evaluation.rollout import Roller

SEED, STEPS = 10_000, 40
START_SECONDS = 60.0
_SERVE = "from rlco_trainer.cli import main; raise SystemExit(main())"


@pytest.fixture
def url() -> Iterator[str]:
    """Of ``rlco serve`` with the shipped bundle."""
    command = [sys.executable, "-c", _SERVE, "serve", "--bundle", str(shipped_bundle())]
    server = subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    yield server.stdout.readline().split()[-1]
    server.terminate()
    server.communicate(timeout=30.0)


def test_two_robots_on_one_server_move_as_with_a_policy_of_their_own(
    url: str, tmp_path: Path
) -> None:
    robot = RobotConfig.load("panda")
    session = Session("push_cube", Domain.load("twin"), robot)
    inside = Roller(OnnxPolicy(load_bundle(shipped_bundle())), session).run(SEED, "", STEPS)
    graph = sim_graph(SimSettings(server=url))
    names = ("cell_one", "cell_two")
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(System(graph, name, tmp_path / name))
        for name in names:
            with closing(EpisodeClient(robot, name)) as client:
                client.wait_for_system(START_SECONDS)
                outside = client.run("push_cube", SEED, max_steps=STEPS)
            assert outside.stop_reason == inside.stop_reason, outside.detail
            np.testing.assert_array_equal(outside.commands, inside.commands)
