# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a bridge is put together of, for one arm and one driver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node

from rlco_bridge.commander import Commander
from rlco_bridge.equipment import Equipment
from rlco_bridge.lookout import Lookout
from rlco_bridge.mover import Mover
from rlco_bridge.reporter import Reporter
from rlco_bridge.silence import Silence
from rlco_bridge.state import StateReader
from rlco_bridge.watchdog import Watchdog


@dataclass(frozen=True)
class Parts:
    """Each with the ends of its own topics."""

    reporter: Reporter
    commander: Commander
    lookout: Lookout
    state: StateReader
    silence: Silence


def assemble(node: Node, equipment: Equipment, get: Callable[[str], Any]) -> Parts:
    """The parts of ``node``, by its parameters.

    Raises:
        ConfigError: the journal cannot be written, or a message package is missing.
    """
    robot, driver, prefix = equipment.robot, equipment.driver, get("tf_prefix")
    mover = None if equipment.lockstep else Mover(robot, equipment.dt, get("setpoint_rate"))
    commander = Commander(node, robot, driver, prefix, equipment.dt, mover)
    observed = None if equipment.lockstep else get("observation_timeout")
    state = StateReader(
        commander.arm_names,
        equipment.opening_joint(prefix),
        node.resolve_topic_name(equipment.state_topics[-1]),
        lambda: commander.opening,
        Watchdog(observed or get("chunk_timeout")),
    )
    return Parts(
        reporter=Reporter(node, get("journal")),
        commander=commander,
        lookout=Lookout(
            node,
            robot,
            driver,
            prefix,
            commander.gripper,
            lambda: commander.stands,
            commander.other_owner,
            commander.lost,
        ),
        state=state,
        silence=Silence(
            node,
            equipment.state_topics[0],
            observed,
            get("chunk_timeout"),
            get("patience"),
            equipment.decision,
            state.overdue,
        ),
    )
