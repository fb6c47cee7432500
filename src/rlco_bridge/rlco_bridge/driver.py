# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How an arm and its gripper are reached, as data: one YAML file in ``drivers/`` per driver.

Names are relative, so that a namespace applies to them.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rlco_core.config import locate, read_yaml

Positive = Annotated[float, Field(gt=0.0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ArmDriver(_Strict):
    """The arm's controller.

    Attributes:
        kind: one of ``rlco_bridge/controllers/``.
        name: of its topic or action; empty: the robot's ``controller_topic``.
        controller: as controller_manager knows it; empty: nobody is asked whether it is active.
    """

    kind: Literal[
        "joint_trajectory",
        "follow_joint_trajectory",
        "forward_position",
        "forward_velocity",
        "joint_target",
        "cartesian_pose",
        "twist",
    ]
    name: str = ""
    controller: str = ""


class GripperDriver(_Strict):
    """The gripper's controller.

    Attributes:
        kind: one of ``rlco_bridge/grippers/``.
        name: of its topic, action or service; empty: the robot's ``gripper.controller_topic``.
        joint: whose state tells the opening; empty: the robot's first finger.
        closed, open: what its driver calls 0 and 1, in its own unit; empty: the robot's fingers.
        effort: largest, N; 0 leaves it to the driver.
        pins: of digital outputs, to close and to open; one pin serves for both.
    """

    kind: Literal[
        "joint_trajectory",
        "gripper_command",
        "parallel_gripper_command",
        "franka_gripper",
        "digital_output",
    ]
    name: str = ""
    joint: str = ""
    closed: float | None = None
    open: float | None = None
    effort: Annotated[float, Field(ge=0.0)] = 0.0
    pins: tuple[int, ...] = ()


class DriverConfig(_Strict):
    """One driver.

    Attributes:
        joint_states: topic of the arm's state; empty: the robot's ``joint_states_topic``.
        gripper_states: topic of the gripper's state, where that is another one.
        supervisor: who knows the robot's own safety state, one of ``rlco_bridge/supervisors/``.
    """

    arm: ArmDriver
    gripper: GripperDriver
    joint_states: str = ""
    gripper_states: str = ""
    supervisor: Literal["none", "ur", "franka"] = "none"

    @classmethod
    def load(cls, name_or_path: str | Path) -> DriverConfig:
        """Reads a shipped driver by name (``ur``) or any by the path of its YAML.

        Raises:
            ConfigError: unknown name, missing or malformed file; the line names the key.
        """
        folder = Path(str(files("rlco_bridge"))) / "drivers"
        return read_yaml(cls, locate("driver", name_or_path, folder))
