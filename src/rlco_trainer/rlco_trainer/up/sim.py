# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco up sim: the graph of sim.launch.py as plain processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlco_bringup.graph import SimSettings, sim_graph
from rlco_trainer.arguments import parse
from rlco_trainer.up.system import run_command, run_graph


@dataclass(frozen=True)
class SimConfig(SimSettings):
    """Simulator, policy and bridge on ROS 2, until interrupted.

    Attributes:
        only: start just these nodes of the graph.
    """

    only: tuple[str, ...] = ()


def main(arguments: Sequence[str]) -> int:
    """rlco up sim"""
    config = parse(SimConfig, arguments, "up sim")
    return run_graph(sim_graph(config), config.only, config.namespace, run_command(config))
