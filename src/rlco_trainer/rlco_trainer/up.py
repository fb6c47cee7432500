# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco up sim: the graph of sim.launch.py as plain processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlco_bringup.graph import SimSettings, sim_graph
from rlco_bringup.up import System
from rlco_core.errors import ConfigError, choices
from rlco_trainer.arguments import parse


@dataclass(frozen=True)
class UpConfig(SimSettings):
    """Simulator, policy and bridge on ROS 2, until interrupted.

    Attributes:
        only: start just these nodes of the graph.
    """

    only: tuple[str, ...] = ()


def main(arguments: Sequence[str]) -> int:
    """rlco up sim"""
    config = parse(UpConfig, arguments, "up sim")
    graph = sim_graph(config)
    unknown = set(config.only) - {spec.name for spec in graph}
    if unknown:
        raise ConfigError(
            f"no node '{min(unknown)}' in this system; it has "
            f"{choices(spec.name for spec in graph)}"
        )
    chosen = [spec for spec in graph if not config.only or spec.name in config.only]
    with System(chosen, config.namespace) as system:
        return system.wait()
