# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The contract of a server that does not tell one, as a YAML file: what an openpi server is asked.

robot: panda
tasks: [pick_place]
cameras: [{name: front, width: 224, height: 224, encoding: rgb8}]
action:
  semantics: delta_commanded_ee_pose_base
  columns: [dx, dy, dz, rx, ry, rz, gripper]   # as the server answers them; others are left out
  dt: 0.05
  horizon: 10
  execute: 5
keys: {images: {front: observation/image}, state: observation/state, instruction: prompt}
state: [x, y, z, r11, r21, r31, r12, r22, r32, gripper]   # columns of proprioception
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rlco_core import proprioception
from rlco_core.config import read_yaml
from rlco_core.contract import (
    LANGUAGE_TOKENS,
    LANGUAGE_WIDTH,
    ActionContract,
    CameraContract,
    Contract,
)
from rlco_core.errors import BundleError, ConfigError
from rlco_core.types import ACTION_COLUMNS


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Action(_Strict):
    """As `ActionContract`, but for columns in the server's own order, of which ours are taken."""

    semantics: str
    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    dt: float
    horizon: int
    execute: int

    @model_validator(mode="after")
    def _has_all(self) -> Action:
        missing = [column for column in ACTION_COLUMNS if self.columns.count(column) != 1]
        if missing:
            raise ValueError(f"columns should have {', '.join(missing)} once each")
        return self


class Keys(_Strict):
    """What the server calls things: camera -> key of its image, and the keys of the others."""

    images: Mapping[str, str]
    state: str
    instruction: str


class Foreign(_Strict):
    """All that has to be known of a server to ask it."""

    robot: str
    tasks: tuple[str, ...]
    cameras: tuple[CameraContract, ...]
    action: Action
    keys: Keys
    state: Annotated[tuple[str, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits(self) -> Foreign:
        unknown = [column for column in self.state if column not in proprioception.COLUMNS]
        if unknown:
            known = ", ".join(proprioception.COLUMNS)
            raise ValueError(f"state has no column {unknown[0]}; known: {known}")
        names = sorted(camera.name for camera in self.cameras)
        if sorted(self.keys.images) != names:
            raise ValueError(f"keys.images should name the cameras {', '.join(names)}")
        return self

    @classmethod
    def load(cls, path: Path) -> Foreign:
        """Reads a file.

        Raises:
            ConfigError: it is missing or malformed, or says what the bridge cannot play.
        """
        foreign = read_yaml(cls, path)
        try:
            foreign.contract()
        except BundleError as error:
            raise ConfigError(f"{path}: {error}") from error
        return foreign

    def contract(self) -> Contract:
        """The contract that chunks of this server act under.

        Raises:
            BundleError: it is none that the bridge plays.
        """
        action = {**self.action.model_dump(), "columns": list(ACTION_COLUMNS)}
        return Contract.parse(
            {
                "robot": self.robot,
                "tasks": list(self.tasks),
                "cameras": [camera.model_dump() for camera in self.cameras],
                "proprioception": {
                    "layout": proprioception.LAYOUT,
                    "size": proprioception.SIZE,
                },
                "action": ActionContract.parse(action).model_dump(),
                # No sentence is encoded on this side: the instruction is sent as text.
                "language": {
                    "encoder": "all-MiniLM-L6-v2",
                    "tokens": LANGUAGE_TOKENS,
                    "width": LANGUAGE_WIDTH,
                },
            }
        )
