# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The nodes of a system as plain data: the one list behind every way to start them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml

from rlco_core.contract import CameraContract, Contract
from rlco_core.robot import RobotConfig
from rlco_policy.shipped import shipped_bundle
from rlco_sim.domain import Domain
from rlco_sim.session import DT
from rlco_teleop.contract import hands_contract

#: Fast DDS 2 (Jazzy) and Fast DDS 3 (Kilted) read the profile from different variables.
PROFILE_VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
PROFILE = Path(__file__).parent / "config" / "fastdds.xml"


@dataclass(frozen=True)
class NodeSpec:
    """One process with one node.

    Attributes:
        package, executable: as for ``ros2 run``.
        name: of the node, and short for people.
        parameters: by name.
        remappings: topic -> topic.
    """

    package: str
    executable: str
    name: str
    parameters: Mapping[str, Any]
    remappings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SimSettings:
    """What a simulated system is made of; the arguments of ``sim.launch.py``.

    Attributes:
        bundle: directory of the policy bundle; where there is none, the one that ships for the
            task and the robot.
        task, domain, robot: names, or paths where these take one.
        split: what episodes are drawn from, see ``rlco_sim.scene.SPLITS``.
        mode: lockstep (deterministic, as fast as possible) or realtime.
        namespace, tf_prefix: as every ROS user knows them.
    """

    bundle: str = ""
    task: str = "push_cube"
    domain: str = "twin"
    split: str = "train"
    robot: str = "panda"
    mode: str = "lockstep"
    namespace: str = ""
    tf_prefix: str = ""


Settings = TypeVar("Settings", bound=SimSettings)


def with_texts(defaults: Settings, text: Callable[[str], str]) -> Settings:
    """Settings from what was typed for every field; numbers and flags as YAML spells them."""
    values = {}
    for one in fields(defaults):
        kind, typed = type(getattr(defaults, one.name)), text(one.name)
        values[one.name] = typed if kind is str else kind(yaml.safe_load(typed))
    return type(defaults)(**values)


def sim_graph(settings: SimSettings) -> tuple[NodeSpec, ...]:
    """Simulator, policy and bridge, in the order in which they are best started.

    Raises:
        BundleError: no bundle was named, and none ships that would fit.
    """
    robot = RobotConfig.load(settings.robot).name
    bundle = settings.bundle or str(shipped_bundle(settings.task, robot))
    lockstep = settings.mode == "lockstep"
    shared = _shared(settings)
    policy = {**shared, "bundle": bundle, "task": settings.task, "lockstep": lockstep}
    bridge = {**shared, "bundle": bundle, "lockstep": lockstep}
    return (
        _simulator(settings),
        NodeSpec("rlco_policy", "policy_node", "policy_node", policy),
        NodeSpec("rlco_bridge", "bridge_node", "bridge_node", bridge),
    )


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
    shared = _shared(settings)
    lockstep = settings.mode == "lockstep"
    contract = record_contract(settings)
    bridge = {
        **shared,
        "contract": contract.to_json(),
        "lockstep": lockstep,
        "deadman_timeout": settings.deadman_timeout,
        # A person may look first.
        "chunk_timeout": 60.0,
    }
    teleop = {
        **shared,
        "contract": contract.to_json(),
        "policy": settings.bundle,
        "lockstep": lockstep,
        "device": settings.device,
        "speed": settings.speed,
        "gripper_axis": settings.gripper_axis,
        **({} if settings.deadman else {"deadman": -1}),
    }
    hands = NodeSpec("rlco_teleop", "teleop_node", "teleop_node", teleop)
    policy = {**shared, "bundle": settings.bundle, "task": settings.task, "lockstep": lockstep}
    chunks = {"action_chunk": "policy/action_chunk"}
    acting = NodeSpec("rlco_policy", "policy_node", "policy_node", policy, chunks)
    return (
        _simulator(settings, image_every=1),
        NodeSpec("rlco_bridge", "bridge_node", "bridge_node", bridge),
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


def _shared(settings: SimSettings) -> dict[str, Any]:
    return {"robot": settings.robot, "tf_prefix": settings.tf_prefix, "use_sim_time": True}


def _simulator(settings: SimSettings, **more: Any) -> NodeSpec:
    parameters = {
        "task": settings.task,
        "domain": settings.domain,
        "split": settings.split,
        "mode": settings.mode,
        "robot": settings.robot,
        "tf_prefix": settings.tf_prefix,
        **more,
    }
    return NodeSpec("rlco_sim", "sim_node", "sim_node", parameters)
