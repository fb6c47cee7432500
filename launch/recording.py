# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The nodes of a system in which people demonstrate, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from rlco_bringup.graph import (
    NodeSpec,
    SimSettings,
    bridge_node,
    policy_node,
    shared_parameters,
    simulator,
)
from rlco_core.contract import CameraContract, Contract
from rlco_core.robot import RobotConfig
from rlco_sim.domain import Domain
from rlco_sim.session import DT
from rlco_teleop.contract import hands_contract


@dataclass(frozen=True)
class RecordSettings(SimSettings):
    """What demonstrations are recorded in; the arguments of ``record.launch.py``.

    Attributes:
        bundle: directory of a policy that acts until a person takes over; empty: the person acts.
        mode: realtime for people, lockstep for programs that answer every instant.
        device: what moves the arm: joy, twist or pose, see ``rlco_teleop``; none, where somebody
            else answers, as ``rlco replay`` does.
        speed: full deflection of a stick, as a share of the arm's speed limit.
        deadman: whether the arm moves only while the gamepad's deadman is held.
        deadman_timeout: s without the deadman after which the bridge stops and latches, as it
            should with a robot; 0: never.
        gripper_axis: axis of a Joy that says how far the gripper is open; -1: buttons do.
    """

    mode: str = "realtime"
    device: str = "joy"
    speed: float = 0.5
    deadman: bool = True
    deadman_timeout: float = 0.0
    gripper_axis: int = -1


def record_graph(settings: RecordSettings) -> tuple[NodeSpec, ...]:
    """Simulator, bridge and teleoperation, and the policy, if there is one to take over from."""
    shared = {
        **shared_parameters(settings.robot, settings.tf_prefix),
        "lockstep": settings.mode == "lockstep",
    }
    contract = record_contract(settings)
    bridge = {
        **shared,
        "driver": "sim",
        "contract": contract.to_json(),
        "deadman_timeout": settings.deadman_timeout,
        # A person may look first.
        "chunk_timeout": 60.0,
        # What is recorded is what hands did, in their own time.
        "slow_down": False,
    }
    teleop = {
        **shared,
        "contract": contract.to_json(),
        "policy": settings.bundle,
        "device": settings.device,
        "speed": settings.speed,
        "gripper_axis": settings.gripper_axis,
        **({} if settings.deadman else {"deadman": -1}),
    }
    hands = NodeSpec("rlco_teleop", "teleop_node", "teleop_node", teleop)
    policy = {**shared, "bundle": settings.bundle, "task": settings.task}
    acting = policy_node(policy, action_chunk="policy/action_chunk")
    return (
        simulator(settings, image_every=1),
        bridge_node(bridge),
        *([] if settings.device == "none" else [hands]),
        *([acting] if settings.bundle else []),
    )


def record_contract(settings: SimSettings) -> Contract:
    """The contract that people act under in this system.

    Raises:
        ConfigError: robot or domain are unknown.
    """
    camera = Domain.load(settings.domain).camera
    return hands_contract(
        RobotConfig.load(settings.robot).name,
        settings.task,
        CameraContract(name=camera.name, width=camera.width, height=camera.height, encoding="rgb8"),
        DT,
        settings.mode == "lockstep",
    )
