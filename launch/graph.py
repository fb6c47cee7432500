# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The nodes of a system as plain data: the one list behind every way to start them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rlco_core.robot import RobotConfig
from rlco_policy.shipped import shipped_bundle

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


def sim_graph(settings: SimSettings) -> tuple[NodeSpec, ...]:
    """Simulator, policy and bridge, in the order in which they are best started.

    Raises:
        BundleError: no bundle was named, and none ships that would fit.
    """
    robot = RobotConfig.load(settings.robot).name
    bundle = settings.bundle or str(shipped_bundle(settings.task, robot))
    shared = {"robot": settings.robot, "tf_prefix": settings.tf_prefix, "use_sim_time": True}
    lockstep = settings.mode == "lockstep"
    simulator = {
        "task": settings.task,
        "domain": settings.domain,
        "split": settings.split,
        "mode": settings.mode,
        "robot": settings.robot,
        "tf_prefix": settings.tf_prefix,
    }
    policy = {**shared, "bundle": bundle, "task": settings.task, "lockstep": lockstep}
    bridge = {**shared, "driver": "sim", "bundle": bundle, "lockstep": lockstep}
    return (
        NodeSpec("rlco_sim", "sim_node", "sim_node", simulator),
        NodeSpec("rlco_policy", "policy_node", "policy_node", policy),
        NodeSpec("rlco_bridge", "bridge_node", "bridge_node", bridge),
    )
