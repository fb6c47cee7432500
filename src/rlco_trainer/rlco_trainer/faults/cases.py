# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""All cases: what happens on every robot, and what only some can have."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

import numpy as np

from rlco_bridge.driver import DriverConfig
from rlco_core.robot import RobotConfig
from rlco_trainer.faults import relay
from rlco_trainer.faults.case import Case
from rlco_trainer.faults.people import PEOPLE
from rlco_trainer.faults.relay import Late, Lossy, Spoil
from rlco_trainer.faults.rig import Rig
from rlco_trainer.faults.robots import FRANKA, UR

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
    """Cameras, joint states, forces, chunks and clocks that lie or fall silent."""
    chunk = ("chunk_timeout",)
    nan = relay.with_actions(lambda rows: np.where(np.arange(len(rows)) == 9, np.nan, rows))
    exploding = relay.with_actions(lambda rows: rows + 0.5)
    told: tuple[tuple[str, str, Spoil | Late, tuple[str, ...]], ...] = (
        ("camera_silent", "image", relay.silent, ("camera_silent", *chunk)),
        ("camera_frozen", "image", relay.frozen_picture(), ("camera_frozen",)),
        ("camera_black", "image", relay.black, ("camera_black",)),
        ("camera_two_seconds_late", "image", Late(2.0), ("camera_silent", *chunk)),
        ("camera_wrong_size", "image", relay.smaller, ("camera_size",)),
        ("joints_silent", "joints", relay.silent, ("observation_timeout", "driver_silent")),
        ("joints_frozen", "joints", relay.frozen_joints(), ("tracking_error",)),
        ("joints_permuted", "joints", relay.permuted, ()),
        ("joint_missing", "joints", relay.without_a_joint, ("joints_invalid",)),
        ("joint_nan", "joints", relay.not_a_number, ("joints_invalid",)),
        ("wrench_silent", "wrench", relay.silent, ("wrench_silent",)),
        ("wrench_nan", "wrench", relay.no_force, ("wrench_invalid",)),
        ("chunks_late", "chunk", Late(1.0), chunk),
        ("chunks_out_of_order", "chunk", relay.out_of_order(), ()),
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
    return (told(robot) for told in PEOPLE)


def _of_the_robot(robot: str) -> Iterator[Case]:
    supervisor = DriverConfig.load(RobotConfig.load(robot).driver).supervisor
    return (told(robot) for told in {"ur": UR, "franka": FRANKA}[supervisor])


def _processes(robot: str) -> Iterator[Case]:
    """Nodes that are killed and started again, or stopped for a while."""
    silent = (
        "observation_timeout",
        "driver_silent",
        "controller_inactive",
        "robot_fault",
        "wrench_silent",
    )
    nodes: tuple[tuple[str, tuple[str, ...], Literal["", "arm", "bridge"]], ...] = (
        ("policy", ("chunk_timeout",), ""),
        ("sim", silent, "arm"),
        ("bridge", (), "bridge"),
    )
    for short, reasons, gone in nodes:
        for name, do, undo in (
            ("frozen", Rig.freeze, Rig.thaw),
            ("killed", Rig.kill, Rig.restart),
        ):
            inject, recover = (partial(one, name=f"{short}_node") for one in (do, undo))
            yield Case(f"{short}_{name}", robot, inject, reasons, recover, gone=gone)
