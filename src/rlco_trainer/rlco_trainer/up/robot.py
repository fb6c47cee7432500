# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco up robot: the graph of robot.launch.py as plain processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlco_bringup.graph import RobotSettings, robot_graph
from rlco_trainer.arguments import parse
from rlco_trainer.up.system import run_command, run_graph


@dataclass(frozen=True)
class RobotConfig(RobotSettings):
    """Policy and bridge for a robot whose driver and camera run already, until interrupted.

    Attributes:
        only: start just these nodes of the graph.
    """

    only: tuple[str, ...] = ()


def main(arguments: Sequence[str]) -> int:
    """rlco up robot"""
    config = parse(RobotConfig, arguments, "up robot")
    then = f"{run_command(config)} --arm"
    return run_graph(robot_graph(config), config.only, config.namespace, then)
