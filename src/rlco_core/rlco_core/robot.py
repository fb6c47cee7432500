# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Robots are data: one YAML file and one URDF describe an arm, no subclass does."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rlco_core.config import locate, read_yaml

Vector3 = Annotated[tuple[float, ...], Field(min_length=3, max_length=3)]
Positive = Annotated[float, Field(gt=0.0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Workspace(_Strict):
    """An axis-aligned box in the base frame, metres."""

    lower: Vector3
    upper: Vector3

    @model_validator(mode="after")
    def _ordered(self) -> Workspace:
        if any(low >= high for low, high in zip(self.lower, self.upper, strict=True)):
            raise ValueError("every lower corner must be below its upper corner")
        return self


class TableConfig(_Strict):
    """What the arm stands on: height of its top above the base frame and distance from it, m."""

    height: float
    margin: Annotated[float, Field(ge=0.0)]


class SingularityConfig(_Strict):
    """Smallest singular values of the Jacobian between which the arm is slowed down."""

    slow: Positive
    stop: Positive

    @model_validator(mode="after")
    def _ordered(self) -> SingularityConfig:
        if self.slow <= self.stop:
            raise ValueError(f"slow is {self.slow}; it must be above stop, {self.stop}")
        return self


class VelocityEnvelope(_Strict):
    """Speeds that become less towards the stops, one value per joint: at ``q`` rad at most
    ``-offset + sqrt(slope * (upper - q))`` rad/s upwards, and so downwards towards ``lower``.
    """

    slope: Annotated[tuple[Positive, ...], Field(min_length=1)]
    offset: Annotated[tuple[float, ...], Field(min_length=1)]
    lower: Annotated[tuple[float, ...], Field(min_length=1)]
    upper: Annotated[tuple[float, ...], Field(min_length=1)]


class HullConfig(_Strict):
    """The convex hull of spheres of one radius about ``points`` in the link's frame, m."""

    radius: Positive
    points: Annotated[tuple[Vector3, ...], Field(min_length=1, max_length=32)]


class LimitConfig(_Strict):
    """What a command may ask of the arm; units in ``robots/panda.yaml``."""

    workspace: Workspace
    workspace_margin: Annotated[float, Field(ge=0.0)]
    velocity_scale: Annotated[float, Field(gt=0.0, le=1.0)]
    joint_margin: Annotated[float, Field(ge=0.0)]
    linear_speed: Positive
    angular_speed: Positive
    acceleration: Annotated[tuple[Positive, ...], Field(min_length=1)]
    jerk: Annotated[tuple[Positive, ...], Field(min_length=1)]
    dynamics_scale: Annotated[float, Field(gt=0.0, le=1.0)]
    tool_speed: Positive
    tool_rotation: Positive
    lag: Positive
    tracking: Positive
    force: Positive
    torque: Positive
    keep_out: Mapping[str, Workspace] = {}
    keep_out_margin: Annotated[float, Field(ge=0.0)] = 0.0
    collision_margin: Annotated[float, Field(ge=0.0)] | None = None
    table: TableConfig | None = None
    singularity: SingularityConfig | None = None
    velocity_envelope: VelocityEnvelope | None = None

    @model_validator(mode="after")
    def _one_table(self) -> LimitConfig:
        if self.table is not None and self.collision_margin is None:
            raise ValueError("a table is looked at only where there is a collision_margin")
        if "table" in self.keep_out:
            raise ValueError("a box in keep_out is called 'table', as what the arm stands on is")
        return self


class GripperConfig(_Strict):
    """Finger joints and their positions (m or rad) at opening 0 and 1."""

    joints: Annotated[tuple[str, ...], Field(min_length=1)]
    closed: float
    open: float
    controller_topic: str

    @model_validator(mode="after")
    def _moves(self) -> GripperConfig:
        if self.closed == self.open:
            raise ValueError(f"closed and open are both {self.open}; they must differ")
        return self

    def joint_position(self, opening: float) -> float:
        """Position of every finger joint at ``opening`` in [0, 1]."""
        return self.closed + opening * (self.open - self.closed)

    def opening(self, joint_position: float) -> float:
        """Opening in [0, 1] at a finger joint's position."""
        fraction = (joint_position - self.closed) / (self.open - self.closed)
        return min(max(fraction, 0.0), 1.0)


class RobotConfig(_Strict):
    """Names, frames, home and limits of one arm with its gripper."""

    name: str
    urdf: Path
    base_frame: str
    ee_frame: str
    elbow_frame: str
    joints: Annotated[tuple[str, ...], Field(min_length=1)]
    home: tuple[float, ...]
    gripper: GripperConfig
    joint_states_topic: str
    controller_topic: str
    driver: str = "sim"
    limits: LimitConfig
    hulls: Mapping[str, HullConfig] = {}

    @model_validator(mode="after")
    def _one_value_per_joint(self) -> RobotConfig:
        limits = self.limits
        rows = {"home": self.home, "acceleration": limits.acceleration, "jerk": limits.jerk}
        if (envelope := limits.velocity_envelope) is not None:
            rows |= {f"velocity_envelope.{name}": values for name, values in envelope}
        for name, values in rows.items():
            if len(values) != len(self.joints):
                raise ValueError(f"{name} has {len(values)} values for {len(self.joints)} joints")
        return self

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Arm joints in command order."""
        return self.joints

    @property
    def gripper_joint_names(self) -> tuple[str, ...]:
        """Finger joints in command order."""
        return self.gripper.joints

    @classmethod
    def load(cls, name_or_path: str | Path) -> RobotConfig:
        """Reads a shipped robot by name (``panda``) or any robot by the path of its YAML.

        Raises:
            ConfigError: unknown name, missing or malformed file; the line names the key.
        """
        folder = Path(str(files("rlco_core"))) / "robots"
        path = locate("robot", name_or_path, folder)
        config = read_yaml(cls, path)
        return config.model_copy(update={"urdf": (path.parent / config.urdf).resolve()})
