# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The nodes of a system as plain data: the one list behind every way to start them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rlco_bridge.driver import DriverConfig
from rlco_bringup.policy import PolicySettings, sources
from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig

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
class SimSettings(PolicySettings):
    """What a simulated system is made of; the arguments of ``sim.launch.py``.

    Attributes:
        domain: of the simulation: a name (`rlco domain list`), or a file of your own.
        split: what episodes are drawn from: train, or one of the unseen_... splits.
        mode: lockstep (deterministic, as fast as possible) or realtime.
        real_time_factor: how fast simulated time passes in mode realtime.
        namespace: of all nodes and topics.
        tf_prefix: before the names of joints and frames.
    """

    domain: str = "twin"
    split: str = "train"
    mode: str = "lockstep"
    real_time_factor: float = 1.0
    namespace: str = ""
    tf_prefix: str = ""


def shared_parameters(robot: str, tf_prefix: str, use_sim_time: bool = True) -> dict[str, Any]:
    """What all nodes beside the simulator are told."""
    return {"robot": robot, "tf_prefix": tf_prefix, "use_sim_time": use_sim_time}


def simulator(settings: SimSettings, **more: Any) -> NodeSpec:
    """The simulator; ``more`` of its parameters."""
    names = ("task", "domain", "split", "mode", "real_time_factor", "robot", "tf_prefix")
    parameters = {name: getattr(settings, name) for name in names}
    return NodeSpec("rlco_sim", "sim_node", "sim_node", {**parameters, **more})


def policy_node(parameters: Mapping[str, Any], **remappings: str) -> NodeSpec:
    """The policy, by its parameters; topic -> topic."""
    return NodeSpec("rlco_policy", "policy_node", "policy_node", parameters, remappings)


def bridge_node(parameters: Mapping[str, Any]) -> NodeSpec:
    """The bridge, by its parameters."""
    return NodeSpec("rlco_bridge", "bridge_node", "bridge_node", parameters)


def sim_graph(settings: SimSettings) -> tuple[NodeSpec, ...]:
    """Simulator, policy and bridge, in the order in which they are best started.

    Raises:
        BundleError: no bundle was named, and none ships that would fit.
        ServerError: the server does not answer.
    """
    asked, agreed = sources(settings)
    shared = {
        **shared_parameters(settings.robot, settings.tf_prefix),
        "lockstep": settings.mode == "lockstep",
    }
    return (
        simulator(settings),
        policy_node({**shared, **asked, "task": settings.task}),
        bridge_node({**shared, **agreed, "driver": "sim"}),
    )


@dataclass(frozen=True)
class RobotSettings(PolicySettings):
    """What a system with a robot is made of; the arguments of ``robot.launch.py``.

    Attributes:
        driver: how the robot is reached, by name or path; where there is none, as the robot's says.
        mode: real, or shadow: everything runs, and nothing is commanded.
        use_mock_hardware: the simulator takes the place of robot, driver and camera.
        domain: look and dynamics of the simulated cell; with use_mock_hardware alone.
        real_time_factor: how fast simulated time passes.
        image_transport: raw or compressed: how the camera's images come; simulated ones are raw.
        setpoint_rate: set-points per second that motion is made of.
        execution: of chunks: asynchronous, synchronous, ensembling or blending.
        added_latency: by which every answer of the policy is late, s; to try slow policies.
        deadman_timeout: longest silence of the deadman, s; 0: nobody holds one.
        journal: file that stops are noted in.
        namespace: of all nodes and topics.
        tf_prefix: before the names of joints and frames.
    """

    driver: str = ""
    mode: str = "real"
    use_mock_hardware: bool = False
    domain: str = "stand_in"
    real_time_factor: float = 1.0
    image_transport: str = "raw"
    setpoint_rate: float = 100.0
    execution: str = "asynchronous"
    added_latency: float = 0.0
    deadman_timeout: float = 0.0
    journal: str = ""
    namespace: str = ""
    tf_prefix: str = ""


def robot_graph(settings: RobotSettings) -> tuple[NodeSpec, ...]:
    """Policy and bridge, and with mock hardware the simulator as the robot's driver is.

    Raises:
        BundleError: no bundle was named, and none ships that would fit.
        ConfigError: robot or driver are unsound, or images are to come as none do.
        ServerError: the server does not answer.
    """
    if settings.use_mock_hardware and settings.image_transport != "raw":
        raise ConfigError("the simulator's images are raw; image_transport is for real cameras")
    robot = RobotConfig.load(settings.robot)
    driver = settings.driver or robot.driver
    asked, agreed = sources(settings)
    shared = {
        **shared_parameters(settings.robot, settings.tf_prefix, settings.use_mock_hardware),
        "lockstep": False,
        "execution": settings.execution,
    }
    bridge = {
        **shared,
        **agreed,
        "driver": driver,
        "auto_arm": False,
        "mode": settings.mode,
        "scene": settings.use_mock_hardware,
        "setpoint_rate": settings.setpoint_rate,
        "deadman_timeout": settings.deadman_timeout,
        "journal": settings.journal,
    }
    told = {
        "task": settings.task,
        "added_latency": settings.added_latency,
        "image_transport": settings.image_transport,
    }
    policy = policy_node({**shared, **asked, **told}, **measured_states(robot))
    nodes = (policy, bridge_node(bridge))
    if not settings.use_mock_hardware:
        return nodes
    world = SimSettings(
        task=settings.task,
        domain=settings.domain,
        robot=settings.robot,
        mode="realtime",
        real_time_factor=settings.real_time_factor,
        tf_prefix=settings.tf_prefix,
    )
    return (mock_hardware(world, driver), *nodes)


def measured_states(robot: RobotConfig) -> dict[str, str]:
    """Remapping for those who know no driver: the bridge tells the arm's state in its place."""
    return {robot.joint_states_topic: "measured_joint_states"}


def mock_hardware(world: SimSettings, driver: str, **more: Any) -> NodeSpec:
    """The simulator in the place of a robot's driver that was started for ``driver``, by name or
    path: with its controller active, and its gripper; ``more`` parameters.

    Raises:
        ConfigError: robot or driver are unsound.
    """
    config = DriverConfig.load(driver)
    if config.supervisor == "none":
        return simulator(world, **more)
    started = config.controller(RobotConfig.load(world.robot))
    mock = {"driver": config.supervisor, "initial_joint_controller": started, **_gripper(config)}
    return simulator(world, **mock, **more)


def _gripper(driver: DriverConfig) -> dict[str, Any]:
    """Of the simulator beside a UR; a Franka has its own."""
    if driver.supervisor != "ur":
        return {}
    pins = driver.gripper.pins
    return {"gripper": driver.gripper.kind, **({"gripper_pin": pins[0]} if pins else {})}
