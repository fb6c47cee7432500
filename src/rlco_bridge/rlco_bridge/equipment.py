# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a bridge is set up with: one robot, one contract, the one action path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rlco_bridge.driver import DriverConfig, GripperJoint
from rlco_core.bundle import load_bundle
from rlco_core.chunks import ChunkPlayer
from rlco_core.contract import Contract, compare
from rlco_core.errors import ConfigError, ContractMismatch, choices
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig

#: Whether the robot is commanded, or only looked at.
MODES = ("real", "shadow")
# In real time a chunk may be this many periods late before the arm brakes.
_GRACE = 1


@dataclass(frozen=True)
class Equipment:
    """Everything that stays the same from episode to episode."""

    robot: RobotConfig
    driver: DriverConfig
    contract: Contract
    lockstep: bool
    player: ChunkPlayer
    path: ActionPath

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
) -> Equipment:
    """Reads robot, driver (where it is empty, the robot's own) and bundle, and makes the action
    path that their contract asks for. In the mode shadow the robot is not commanded.

    Args:
        contract: as JSON, where no policy but people act: then there is no bundle.

    Raises:
        RlcoError: one of them is unsound, or they do not fit each other.
    """
    config = RobotConfig.load(robot)
    agreed = _contract(bundle, contract)
    differences = compare(agreed, {"robot": config.name})
    if differences:
        raise ContractMismatch(f"the bundle does not fit the robot: {'; '.join(differences)}")
    action = agreed.action
    player = ChunkPlayer(
        dt=action.dt,
        horizon=action.horizon,
        execute=action.execute,
        contract_hash=agreed.sha256(),
        grace=0 if lockstep else _GRACE,
    )
    reached = DriverConfig.load(str(driver) or config.driver)
    if mode not in MODES:
        raise ConfigError(f"mode '{mode}' is unknown; it should be {choices(MODES)}")
    if mode == "shadow":
        reached = reached.unheard()
    return Equipment(config, reached, agreed, lockstep, player, ActionPath(config, action.dt))


def _contract(bundle: str | Path, contract: str) -> Contract:
    if bool(str(bundle)) == bool(contract):
        raise ConfigError(
            "one of the parameters bundle and contract should be given: "
            "a policy bundle's directory, or the contract that people act under"
        )
    return Contract.from_json(contract) if contract else load_bundle(bundle).contract
