# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a bridge is set up with: one robot, one contract, the one action path."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rlco_bridge.driver import DriverConfig, GripperJoint
from rlco_bridge.episode import Episode
from rlco_bridge.tempo import Tempo
from rlco_core.bundle import load_bundle
from rlco_core.chunks import EXECUTIONS, ChunkPlayer, Execution, Terms
from rlco_core.contract import Contract, compare
from rlco_core.errors import ConfigError, ContractMismatch, choices
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig

#: Whether the robot is commanded, or only looked at.
MODES = ("real", "shadow")
#: How chunks are played where nobody says otherwise, and in lock-step.
EXECUTION = "asynchronous"


@dataclass(frozen=True)
class Equipment:
    """Everything that stays the same from episode to episode."""

    robot: RobotConfig
    driver: DriverConfig
    contract: Contract
    lockstep: bool
    player: ChunkPlayer
    path: ActionPath
    tempo: Tempo

    @property
    def dt(self) -> float:
        """Control period, s."""
        return self.contract.action.dt

    @property
    def decision(self) -> float:
        """From one chunk to the next, s."""
        return self.dt * self.contract.action.execute

    @property
    def state_topics(self) -> tuple[str, ...]:
        """Where the arm's state comes, and the gripper's, if that is elsewhere."""
        arm = self.driver.joint_states or self.robot.joint_states_topic
        return (arm, self.driver.gripper_states) if self.driver.gripper_states else (arm,)

    def opening_joint(self, prefix: str) -> GripperJoint | None:
        """The joint that tells the gripper's opening; None where it hangs on digital outputs and no
        joint is named.
        """
        fingers, gripper = self.robot.gripper, self.driver.gripper
        if gripper.pins and gripper.joint is None:
            return None
        joint = gripper.joint or GripperJoint(
            name=fingers.joints[0], closed=fingers.closed, open=fingers.open
        )
        return joint.model_copy(update={"name": prefix + joint.name})

    def episode(self, number: int, start_ns: int, max_steps: int) -> Episode:
        """One that begins now, see ``Episode``; motion begins anew."""
        self.tempo.begin()
        return Episode(number, start_ns, max_steps, self.player, self.path)

    def problem_with(self, task: str) -> str:
        """Why ``task`` cannot be run, as one line; empty if it can."""
        return "; ".join(compare(self.contract, {"tasks": [task]}))


def load_equipment(
    robot: str | Path,
    driver: str | Path,
    bundle: str | Path,
    lockstep: bool,
    contract: str = "",
    mode: str = "real",
    execution: str = EXECUTION,
    slow_down: bool = True,
) -> Equipment:
    """Reads robot, driver (where it is empty, the robot's own) and bundle, and makes the action
    path that their contract asks for. In the mode shadow the robot is not commanded.

    Args:
        contract: as JSON, where no policy but people act: then there is no bundle.
        execution: how chunks are played, see ``rlco_core.chunks``.
        slow_down: whether motion goes so slowly that a slow policy does not starve it.

    Raises:
        RlcoError: one of them is unsound, or they do not fit each other.
    """
    config = RobotConfig.load(robot)
    agreed = _contract(bundle, contract)
    differences = compare(agreed, {"robot": config.name})
    if differences:
        raise ContractMismatch(f"the bundle does not fit the robot: {'; '.join(differences)}")
    player = ChunkPlayer.of(agreed, lockstep, _known(execution, lockstep))
    reached = DriverConfig.load(str(driver) or config.driver)
    if mode not in MODES:
        raise ConfigError(f"mode '{mode}' is unknown; it should be {choices(MODES)}")
    if mode == "shadow":
        reached = reached.unheard()
    path = ActionPath(config, agreed.action.dt)
    tempo = tempo_for(agreed, execution, slow_down)
    return Equipment(config, reached, agreed, lockstep, player, path, tempo)


def tempo_for(contract: Contract, execution: str, slow_down: bool) -> Tempo:
    """Motion goes so fast that the rows that a policy was trained to execute, and one of grace,
    last until the next chunk comes. An arm that waits for answers anyhow need not go slowly.
    """
    action = contract.action
    waits = execution == "synchronous" or not slow_down
    rows = min(action.execute + 1, action.horizon)
    return Tempo(math.inf if waits else rows * action.dt)


def _known(execution: str, lockstep: bool) -> Callable[[Terms], Execution]:
    if execution not in EXECUTIONS:
        known = choices(EXECUTIONS)
        raise ConfigError(f"execution '{execution}' is unknown; it should be {known}")
    if lockstep and execution != EXECUTION:
        raise ConfigError(
            f"execution '{execution}' is for real time; in lock-step, where no time passes while "
            f"the policy thinks, it should be '{EXECUTION}'"
        )
    return EXECUTIONS[execution]


def _contract(bundle: str | Path, contract: str) -> Contract:
    if bool(str(bundle)) == bool(contract):
        raise ConfigError(
            "one of the parameters bundle and contract should be given: "
            "a policy bundle's directory, or the contract that people act under"
        )
    return Contract.from_json(contract) if contract else load_bundle(bundle).contract
