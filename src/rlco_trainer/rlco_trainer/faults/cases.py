# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""All cases: what happens on every robot, and what only some can have."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from rlco_bridge.driver import DriverConfig
from rlco_core.robot import RobotConfig
from rlco_trainer.faults import relay
from rlco_trainer.faults.case import Case
from rlco_trainer.faults.people import PEOPLE
from rlco_trainer.faults.relay import Late, Lossy, Spoil
from rlco_trainer.faults.rig import Rig
from rlco_trainer.faults.robots import EARLY, FRANKA, UR

ROBOTS = ("panda", "ur5e")


def all_cases() -> tuple[Case, ...]:
    """In the order in which they are best run: what kills nodes comes last."""
    return tuple(
        case
        for robot in ROBOTS
        for make in (_messages, _people, _of_the_robot, _processes)
        for case in make(robot)
    )


def _spoil(rig: Rig, what: str, how: Spoil | Late) -> None:
    rig.relay.spoils[what] = how


def _bad_network(rig: Rig) -> None:
    for what in ("image", "joints", "chunk"):
        rig.relay.spoils[what] = Lossy(0.3, 0.2)


def _honest(rig: Rig) -> None:
    rig.relay.be_honest()


def _messages(robot: str) -> Iterator[Case]:
    """Cameras, joint states, chunks and clocks that lie or fall silent."""
    chunk, camera = ("chunk_timeout",), "camera"
    nan = relay.with_actions(lambda rows: np.where(np.arange(len(rows)) == 9, np.nan, rows))
    exploding = relay.with_actions(lambda rows: rows + 0.5)
    told: tuple[tuple[str, str, Spoil | Late, tuple[str, ...]], ...] = (
        ("camera_silent", "image", relay.silent, (f"{camera}_silent", *chunk)),
        ("camera_frozen", "image", relay.frozen_picture(), (f"{camera}_frozen",)),
        ("camera_black", "image", relay.black, (f"{camera}_black",)),
        ("camera_two_seconds_late", "image", Late(2.0), (f"{camera}_silent", *chunk)),
        ("camera_wrong_size", "image", relay.smaller, (f"{camera}_size",)),
        ("joints_silent", "joints", relay.silent, ("observation_timeout", "driver_silent")),
        ("joints_frozen", "joints", relay.frozen_joints(), ("tracking_error",)),
        ("joints_permuted", "joints", relay.permuted, ()),
        ("joint_missing", "joints", relay.without_a_joint, ("joints_invalid",)),
        ("joint_nan", "joints", relay.not_a_number, ("joints_invalid",)),
        ("chunks_late", "chunk", Late(1.0), chunk),
        ("chunks_out_of_order", "chunk", relay.out_of_order(), chunk),
        ("chunks_twice", "chunk", relay.twice, ()),
        ("chunk_nan", "chunk", nan, ("chunk_rejected",)),
        ("chunk_exploding", "chunk", exploding, ("limit",)),
        ("chunk_of_another_contract", "chunk", relay.of_another_contract, ("chunk_rejected",)),
        ("clock_jumps_forward", "clock", relay.jumped(10.0), ("clock_jump",)),
        ("clock_jumps_back", "clock", relay.jumped(-10.0), ("clock_jump",)),
    )
    for name, what, spoil, reasons in told:
        yield Case(name, robot, partial(_spoil, what=what, how=spoil), reasons, _honest)
    bad = ("chunk_timeout", "camera_late", "camera_silent", "joints_silent", "observation_timeout")
    yield Case("network_30_percent_lost_200_ms_late", robot, _bad_network, bad, _honest)


def _people(robot: str) -> Iterator[Case]:
    for name, inject, reasons, recover in PEOPLE:
        yield Case(name, robot, inject, reasons, recover)


def _of_the_robot(robot: str) -> Iterator[Case]:
    supervisor = DriverConfig.load(RobotConfig.load(robot).driver).supervisor
    for name, inject, reasons, recover in {"ur": UR, "franka": FRANKA}[supervisor]:
        yield Case(name, robot, inject, reasons, recover, early=name in EARLY)


def _processes(robot: str) -> Iterator[Case]:
    """Nodes that are killed and started again, or stopped for a while."""
    silent = ("observation_timeout", "driver_silent", "controller_inactive", "robot_fault")
    reasons = {"policy_node": ("chunk_timeout",), "sim_node": silent, "bridge_node": ("",)}
    for node, named in reasons.items():
        short = node.removesuffix("_node")

        gone = node == "sim_node"
        freeze, thaw = (partial(do, name=node) for do in (Rig.freeze, Rig.thaw))
        yield Case(f"{short}_frozen", robot, freeze, named, thaw, arm_is_gone=gone)
        kill, restart = (partial(do, name=node) for do in (Rig.kill, Rig.restart))
        yield Case(f"{short}_killed", robot, kill, named, restart, arm_is_gone=gone)
