# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How an arm and its gripper are reached, as data: one YAML file in ``drivers/`` per driver.

Names are relative, so that a namespace applies to them.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from rlco_core.config import locate, read_yaml
from rlco_core.robot import RobotConfig


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ArmDriver(_Strict):
    """The arm's controller.

    Attributes:
        kind: one of ``rlco_bridge/controllers/``.
        name: of its topic or action; empty: the robot's ``controller_topic``.
        controller: as controller_manager knows it; empty: what the name begins with.
        scaled: whether it stretches time by the robot's speed scaling; else the bridge does.
    """

    kind: Literal[
        "joint_trajectory",
        "follow_joint_trajectory",
        "forward_position",
        "forward_velocity",
        "joint_target",
        "cartesian_pose",
        "twist",
        "unheard",
    ]
    name: str = ""
    controller: str = ""
    scaled: bool = False


class GripperJoint(_Strict):
    """The joint whose state tells a gripper's opening, and its positions at 0 and 1, m or rad."""

    name: str
    closed: float
    open: float


class GripperDriver(_Strict):
    """The gripper's controller.

    Attributes:
        kind: one of ``rlco_bridge/grippers/``.
        name: of its topic, action or service; empty: the robot's ``gripper.controller_topic``.
        joint: that tells the opening; without one, the robot's first finger does, and of a gripper
            on digital outputs it is taken to be what it was told.
        closed, open: what its commands call 0 and 1, in a unit of their own.
        force: to hold with, N.
        patience: s within which a command is done, or its failure told.
        pins: of digital outputs: high to close, and high to open; one alone is high while closed.
    """

    kind: Literal[
        "joint_trajectory",
        "gripper_command",
        "parallel_gripper_command",
        "franka_gripper",
        "digital_output",
        "unheard",
    ]
    name: str = ""
    joint: GripperJoint | None = None
    closed: float = 0.0
    open: float = 1.0
    force: Annotated[float, Field(ge=0.0)] = 0.0
    patience: Annotated[float, Field(gt=0.0)] = 4.0
    pins: Annotated[tuple[int, ...], Field(max_length=2)] = ()

    def position(self, opening: float) -> float:
        """What its commands call ``opening`` in [0, 1]."""
        return self.closed + opening * (self.open - self.closed)


class DriverConfig(_Strict):
    """One driver.

    Attributes:
        joint_states: topic of the arm's state; empty: the robot's ``joint_states_topic``.
        gripper_states: topic of the gripper's state, where that is another one.
        supervisor: who knows the robot's own safety state, one of ``rlco_bridge/supervisors/``.
        wrench: topic of force and torque on the tool; empty: nobody measures them.
    """

    arm: ArmDriver
    gripper: GripperDriver
    joint_states: str = ""
    gripper_states: str = ""
    supervisor: Literal["none", "ur", "franka"] = "none"
    wrench: str = ""

    def controller(self, robot: RobotConfig) -> str:
        """The arm's controller, as controller_manager knows it."""
        topic = self.arm.name or robot.controller_topic
        return self.arm.controller or topic.split("/")[0]

    def unheard(self) -> DriverConfig:
        """The same robot, looked at and not commanded: a person's hand may lead its tool."""
        arm = self.arm.model_copy(update={"kind": "unheard"})
        gripper = self.gripper.model_copy(update={"kind": "unheard"})
        return self.model_copy(update={"arm": arm, "gripper": gripper, "wrench": ""})

    def waiting(self, seconds: float) -> DriverConfig:
        """The same, with ``patience`` of so long for its gripper."""
        gripper = self.gripper.model_copy(update={"patience": seconds})
        return self.model_copy(update={"gripper": gripper})

    def write(self, path: Path) -> Path:
        """Writes it for ``load``; the path."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(self.model_dump(mode="json")), encoding="utf-8")
        return path

    @classmethod
    def load(cls, name_or_path: str | Path) -> DriverConfig:
        """Reads a shipped driver by name (``ur``) or any by the path of its YAML.

        Raises:
            ConfigError: unknown name, missing or malformed file; the line names the key.
        """
        folder = Path(str(files("rlco_bridge"))) / "drivers"
        return read_yaml(cls, locate("driver", name_or_path, folder))
