# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Domains are data: one YAML file says how a world looks and moves."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from rlco_core.config import locate, read_yaml

Vector3 = Annotated[tuple[float, ...], Field(min_length=3, max_length=3)]
Colour = Annotated[
    tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...], Field(min_length=3, max_length=3)
]
Positive = Annotated[float, Field(gt=0.0)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CameraDomain(_Strict):
    """A pinhole camera; pose in the robot's base frame, m; field of view in rad."""

    name: str
    width: Annotated[int, Field(gt=0, le=4096)]
    height: Annotated[int, Field(gt=0, le=4096)]
    vertical_fov: Annotated[float, Field(gt=0.0, lt=3.0)]
    eye: Vector3
    target: Vector3


class LightDomain(_Strict):
    """One distant light; ``direction`` points from the table to the light."""

    direction: Vector3
    colour: Colour
    ambient: Fraction
    diffuse: Fraction
    specular: Fraction


class LooksDomain(_Strict):
    """Colours, RGB in [0, 1]."""

    table: Colour
    floor: Colour
    goal: Colour
    cubes: dict[str, Colour]


class PhysicsDomain(_Strict):
    """Dynamics: physics steps per control period, servo stiffness, cubes and table."""

    substeps: Annotated[int, Field(ge=1, le=200)]
    position_gain: Annotated[float, Field(gt=0.0, le=1.0)]
    arm_force_scale: Positive
    cube_mass: Positive
    cube_friction: Positive
    table_friction: Positive


class Domain(_Strict):
    """Everything that tells one world from another."""

    name: str
    camera: CameraDomain
    light: LightDomain
    looks: LooksDomain
    physics: PhysicsDomain

    @classmethod
    def load(cls, name_or_path: str | Path) -> Domain:
        """Reads a shipped domain by name or any domain by the path of its YAML.

        Raises:
            ConfigError: unknown name, missing file, or a value that does not fit, with its key.
        """
        folder = Path(str(files("rlco_sim"))) / "domains"
        return read_yaml(cls, locate("domain", name_or_path, folder))
