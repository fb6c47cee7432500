# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The nodes of a system in which people demonstrate, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rlco_bringup.graph import (
    NodeSpec,
    SimSettings,
    bridge_node,
    measured_states,
    mock_hardware,
    policy_node,
    shared_parameters,
)
from rlco_bringup.policy import sources
from rlco_core.contract import CameraContract, Contract
from rlco_core.errors import ConfigError, choices
from rlco_core.robot import RobotConfig
from rlco_sim.domain import Domain
from rlco_sim.session import DT
from rlco_teleop.contract import hands_contract

#: The driver of the simulated arm that is nobody's.
SIM = "sim"
#: Whether a deadman has to be held; as fits device and robot, or as people say.
DEADMAN = ("auto", "true", "false")


@dataclass(frozen=True)
class RecordSettings(SimSettings):
    """What demonstrations are recorded in; the arguments of ``record.launch.py``.

    Attributes:
        bundle: directory of a policy that acts until a person takes over; empty: the person acts.
        mode: realtime for people, lockstep for programs that answer every instant.
        driver: how the arm is reached, by name or path; ``sim``: it is the simulator's.
        use_mock_hardware: the simulator takes the place of robot, driver and camera.
        device: what moves the arm: joy, twist or pose, see ``rlco_teleop``; none, where somebody
            else answers, as ``rlco replay`` does.
        speed: full deflection of a stick, as a share of the arm's speed limit.
        still: share of the arm's speed limit up to which a twist or a leader is at rest.
        deadman: true: the arm moves only while the deadman on ``joy`` is held; false: none is
            asked for; auto: as ``held`` says.
        deadman_timeout: s without the deadman after which the bridge stops and latches, as it
            should with a robot; 0: never.
        gripper_axis: axis of a Joy that says how far the gripper is open; -1: buttons do.
    """

    mode: str = "realtime"
    driver: str = SIM
    use_mock_hardware: bool = False
    device: str = "joy"
    speed: float = 0.5
    still: float = 0.01
    deadman: str = "auto"
    deadman_timeout: float = 0.0
    gripper_axis: int = -1

    @property
    def simulated(self) -> bool:
        """Whether there is no robot."""
        return self.driver == SIM or self.use_mock_hardware

    @property
    def held(self) -> bool:
        """Whether a deadman is asked for: always of those who hold a gamepad or a leader, and of
        twists at a robot, or where the bridge waits for it.
        """
        if self.deadman != "auto":
            return self.deadman == "true"
        return self.device != "twist" or not self.simulated or self.deadman_timeout > 0.0


def record_graph(settings: RecordSettings) -> tuple[NodeSpec, ...]:
    """The simulator, where there is no robot; bridge and teleoperation; and the policy, if there is
    one to take over from.

    Raises:
        ConfigError: a name is unknown, a robot is to be in lock-step, a server is named, or nobody
            would hold the deadman that the bridge waits for.
    """
    _require_deadman(settings)
    lockstep, of_sim = settings.mode == "lockstep", settings.driver == SIM
    if lockstep and not of_sim:
        raise ConfigError(f"driver {settings.driver} needs mode realtime; lockstep is for {SIM}")
    if settings.server:
        raise ConfigError("people take over from a policy that runs here; give --bundle, no server")
    shared = {
        **shared_parameters(settings.robot, settings.tf_prefix, settings.simulated),
        "lockstep": lockstep,
    }
    agreed = {**shared, "contract": record_contract(settings).to_json()}
    bridge = {
        **agreed,
        "driver": settings.driver,
        "auto_arm": of_sim,
        "scene": settings.simulated,
        "deadman_timeout": settings.deadman_timeout,
        # A person may look first.
        "chunk_timeout": 60.0,
        # What is recorded is what hands did, in their own time.
        "slow_down": False,
    }
    return (
        *([_simulator(settings)] if settings.simulated else []),
        bridge_node(bridge),
        *([] if settings.device == "none" else [_hands(settings, agreed)]),
        *([_acting(settings, shared)] if settings.bundle else []),
    )


def _require_deadman(settings: RecordSettings) -> None:
    if settings.deadman not in DEADMAN:
        raise ConfigError(
            f"deadman '{settings.deadman}' is unknown; it should be {choices(DEADMAN)}"
        )
    if settings.deadman_timeout > 0.0 and not settings.held:
        raise ConfigError(
            f"deadman_timeout is {settings.deadman_timeout:g}, and deadman false: nobody would "
            "hold it; leave one of the two out"
        )


def _hands(settings: RecordSettings, agreed: Mapping[str, Any]) -> NodeSpec:
    """Teleoperation."""
    teleop = {
        **agreed,
        "policy": settings.bundle,
        "device": settings.device,
        "speed": settings.speed,
        "still": settings.still,
        "gripper_axis": settings.gripper_axis,
        **({} if settings.held else {"deadman": -1}),
    }
    return NodeSpec("rlco_teleop", "teleop_node", "teleop_node", teleop)


def _acting(settings: RecordSettings, shared: Mapping[str, Any]) -> NodeSpec:
    """The policy, which speaks to the person."""
    robot = RobotConfig.load(settings.robot)
    states = {} if settings.driver == SIM else measured_states(robot)
    asked, _ = sources(settings)
    policy = {**shared, **asked, "task": settings.task}
    return policy_node(policy, action_chunk="policy/action_chunk", **states)


def _simulator(settings: RecordSettings) -> NodeSpec:
    """With an image for every action."""
    return mock_hardware(settings, settings.driver, image_every=1)


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
