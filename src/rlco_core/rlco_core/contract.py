# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The manifest of a policy bundle: what a policy sees, what it answers, and where it came from.

The *contract* section says which observation and action a policy was trained with. Training writes
it, the policy node holds it against the robot and the scene, and every action chunk carries its
hash. Unknown keys are errors, so a misspelt key is never silently ignored.

    manifest = Manifest.parse(yaml.safe_load(text))      # BundleError in one line when wrong
    manifest.contract.sha256()                           # the hash that chunks carry
    compare(manifest.contract, {"robot": "panda"})       # () when everything the scene says fits
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from rlco_core import proprioception
from rlco_core.errors import BundleError
from rlco_core.explain import one_line
from rlco_core.types import ACTION_COLUMNS

FORMAT = "rlco-bundle/1"
MODEL_FILE = "model.onnx"
#: Recorded observations and what the policy answered in single precision.
PARITY_FILE = "parity.npz"
LANGUAGE_TOKENS = 16
LANGUAGE_WIDTH = 384

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")

#: So much fits into memory, and into time as nanoseconds count it.
Pixels = Annotated[int, Field(gt=0, le=4096)]
Rows = Annotated[int, Field(gt=0, le=1024)]
Period = Annotated[float, Field(ge=0.001, le=10.0)]

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Row = Annotated[tuple[float, ...], Field(strict=False)]


class _Section(BaseModel):
    """A section of the manifest: immutable, no unknown keys, no silent conversion of types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @classmethod
    def parse(cls, data: object) -> Self:
        """Validate plain data (as YAML gives it); a BundleError names the first wrong key."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise BundleError(one_line(cls, error)) from None


class CameraContract(_Section):
    """One camera: `name` is its topic namespace and its ONNX input `image_<name>`; pixels."""

    name: Name
    width: Pixels
    height: Pixels
    encoding: Literal["rgb8"]


class ProprioceptionContract(_Section):
    """End effector in the base frame: position m (3), rotation (6), gripper (1), pending (7)."""

    layout: Literal["ee_position_rotation6d_gripper_pending"]
    size: Literal[17]


class ActionContract(_Section):
    """A chunk: `horizon` rows, one every `dt` s, of which `execute` are played per decision.

    `dt` is from 1 ms to 10 s.
    """

    semantics: Literal["delta_commanded_ee_pose_base"]
    columns: Annotated[tuple[str, ...], Field(strict=False)]
    dt: Period
    horizon: Rows
    execute: Rows

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        if columns != ACTION_COLUMNS:
            raise ValueError(f"must be [{', '.join(ACTION_COLUMNS)}]")
        return columns

    @model_validator(mode="after")
    def _execute_within_horizon(self) -> Self:
        if self.execute > self.horizon:
            raise ValueError(f"execute {self.execute} must be at most horizon {self.horizon}")
        return self


class LanguageContract(_Section):
    """The sentence encoder in front of the network and the shape of what it gives."""

    encoder: Literal["all-MiniLM-L6-v2"]
    tokens: Literal[16]
    width: Literal[384]


class Contract(_Section):
    """Everything that must be equal in training and deployment."""

    robot: Name
    tasks: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)]
    cameras: Annotated[tuple[CameraContract, ...], Field(min_length=1, max_length=16, strict=False)]
    proprioception: ProprioceptionContract
    action: ActionContract
    language: LanguageContract

    @field_validator("cameras")
    @classmethod
    def _distinct_names(cls, cameras: tuple[CameraContract, ...]) -> tuple[CameraContract, ...]:
        names = [camera.name for camera in cameras]
        if len(set(names)) != len(names):
            raise ValueError(f"camera names must differ, they are [{', '.join(names)}]")
        return cameras

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces, numbers as parsed."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The contract that ``to_json`` wrote; a BundleError says what is wrong with another."""
        try:
            return cls.parse(json.loads(text))
        except ValueError as error:
            raise BundleError(f"the contract is not JSON: {error}") from error

    def sha256(self) -> str:
        """Hash (hex) of the canonical JSON."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


class ProprioceptionStatistics(_Section):
    """Per-column mean and standard deviation, units of the columns."""

    mean: Row
    std: Row

    @field_validator("std")
    @classmethod
    def _positive(cls, std: tuple[float, ...]) -> tuple[float, ...]:
        if any(value <= 0.0 for value in std):
            raise ValueError("every entry must be greater than 0")
        return std


class ActionStatistics(_Section):
    """Per-column bounds of the actions, action units."""

    low: Row
    high: Row

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for column, low, high in zip(ACTION_COLUMNS, self.low, self.high, strict=False):
            if low > high:
                raise ValueError(f"low {low} of {column} must be at most high {high}")
        return self


class Statistics(_Section):
    """Normalisation, as recorded; the ONNX graph has it built in."""

    proprioception: ProprioceptionStatistics
    action: ActionStatistics

    @model_validator(mode="after")
    def _sizes(self) -> Self:
        sections = {"proprioception": proprioception.SIZE, "action": len(ACTION_COLUMNS)}
        for section, size in sections.items():
            for key, row in getattr(self, section):
                if len(row) != size:
                    raise ValueError(f"{section}.{key} must have {size} entries, has {len(row)}")
        return self


class ParityTerms(_Section):
    """How far, action units, an engine's answers may be from those of `PARITY_FILE`, per column."""

    tolerance: Row

    @field_validator("tolerance")
    @classmethod
    def _of_every_column(cls, tolerance: tuple[float, ...]) -> tuple[float, ...]:
        if len(tolerance) != len(ACTION_COLUMNS) or min(tolerance) <= 0.0:
            raise ValueError(f"must have {len(ACTION_COLUMNS)} entries greater than 0")
        return tolerance


class Manifest(_Section):
    """manifest.yaml: the contract, its statistics, where it came from, the hash of each file.

    Bundles of before have no `parity`, and nothing that engines could be held against.
    """

    format: Literal["rlco-bundle/1"]
    name: Name
    contract: Contract
    statistics: Statistics
    provenance: dict[str, str | int | float]
    parity: ParityTerms | None = None
    files: dict[str, str]

    @field_validator("provenance", mode="before")
    @classmethod
    def _scalars(cls, provenance: object) -> object:
        for key, value in provenance.items() if isinstance(provenance, dict) else ():
            if type(value) not in (str, int, float):
                raise ValueError(f"{key} must be text or a number, is {value!r}")
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{key} must be finite, is {value}")
        return provenance

    @field_validator("files")
    @classmethod
    def _plain_files(cls, files: dict[str, str]) -> dict[str, str]:
        if MODEL_FILE not in files:
            raise ValueError(f"must list {MODEL_FILE}")
        for name, digest in files.items():
            if not _FILE_NAME.fullmatch(name):
                raise ValueError(f"{name!r} must be a plain file name inside the bundle")
            if not _SHA256.fullmatch(digest):
                raise ValueError(f"hash of {name} must be 64 lower-case hex digits")
        return files

    @model_validator(mode="after")
    def _parity_is_listed(self) -> Self:
        if (self.parity is not None) != (PARITY_FILE in self.files):
            raise ValueError(f"parity and {PARITY_FILE} in files must both be there, or neither")
        return self


def compare(bundle: Contract, scene: Contract | Mapping[str, Any]) -> tuple[str, ...]:
    """One line per field in which the scene differs from the bundle, by dotted path.

    A mapping may leave out what the scene does not know; `tasks` fits when the bundle was trained
    on every task of the scene.
    """
    found = scene.model_dump(mode="json") if isinstance(scene, Contract) else dict(scene)
    wanted = bundle.model_dump(mode="json")
    tasks = found.pop("tasks", [])
    differences = tuple(_differences("", wanted, found))
    if set(tasks) <= set(bundle.tasks):
        return differences
    return (_difference("tasks", wanted["tasks"], list(tasks)), *differences)


def _differences(path: str, bundle: Any, scene: Any) -> Iterator[str]:
    if isinstance(bundle, Mapping) and isinstance(scene, Mapping):
        for key, value in scene.items():
            dotted = f"{path}.{key}" if path else str(key)
            yield from _differences(dotted, bundle.get(key), value)
    elif _are_lists(bundle, scene):
        for index, (ours, theirs) in enumerate(zip(bundle, scene, strict=True)):
            yield from _differences(f"{path}[{index}]", ours, theirs)
    elif bundle != scene:
        yield _difference(path, bundle, scene)


def _difference(path: str, bundle: Any, scene: Any) -> str:
    return f"{path}: bundle has {_shown(bundle)}, scene has {_shown(scene)}"


def _are_lists(bundle: Any, scene: Any) -> bool:
    """Both are lists of one length, so that their entries can be compared one by one."""
    return isinstance(bundle, list) and isinstance(scene, list) and len(bundle) == len(scene)


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)
