# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The supervisor that a driver names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rclpy.node import Node

from rlco_bridge.supervisors import NoSupervisor, Supervisor
from rlco_bridge.supervisors.franka import FrankaSupervisor
from rlco_bridge.supervisors.ur import UrSupervisor

_KINDS: Mapping[str, Callable[[Node], Supervisor]] = {
    "none": lambda node: NoSupervisor(),
    "ur": UrSupervisor,
    "franka": FrankaSupervisor,
}


def make_supervisor(node: Node, kind: str) -> Supervisor:
    """The supervisor of that kind.

    Raises:
        ConfigError: a message package is missing.
    """
    return _KINDS[kind](node)
