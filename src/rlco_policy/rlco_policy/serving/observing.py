# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Observations as messages: what clients may send, and what becomes of it.

``images.<camera>`` (uint8 RGB), ``instruction``, ``stamp_ns``, and ``proprioception``, or in its
place ``joint_positions`` and ``commanded_joint_positions``. Names that openpi's clients use mean
the same, see ``aliases``. ``next_instruction`` alone announces a sentence, which takes longer to
understand the first time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlco_core import proprioception
from rlco_core.contract import CameraContract, Contract
from rlco_core.errors import ContractMismatch, choices
from rlco_core.kinematics import Kinematics
from rlco_core.language import require_short
from rlco_core.proprioception import Posture
from rlco_core.robot import RobotConfig
from rlco_core.types import Observation
from rlco_policy.responder import measured_joints, posture
from rlco_policy.serving.shrinking import fit

PROPRIOCEPTION, INSTRUCTION, STAMP = "proprioception", "instruction", "stamp_ns"
MEASURED, COMMANDED = "joint_positions", "commanded_joint_positions"
NEXT = "next_instruction"
_MAX_STAMP = 2**63


def image_key(camera: str) -> str:
    """Where a camera's image is in a message."""
    return f"images.{camera}"


def aliases(contract: Contract) -> dict[str, str]:
    """openpi's usual names -> ours; its image is the contract's first camera."""
    return {
        "observation/image": image_key(contract.cameras[0].name),
        "observation/wrist_image": image_key("wrist"),
        "observation/state": PROPRIOCEPTION,
        "prompt": INSTRUCTION,
    }


def observation_to_message(observation: Observation) -> dict[str, Any]:
    """What a client of ours sends."""
    images = {image_key(camera): image for camera, image in observation.images.items()}
    return {
        **images,
        PROPRIOCEPTION: observation.proprioception,
        INSTRUCTION: observation.instruction,
        STAMP: observation.stamp_ns,
    }


class ObservationReader:
    """Makes observations of messages.

    Args:
        contract: what the policy wants to see.
        robot: whose joints a client may send in place of proprioception.
    """

    def __init__(self, contract: Contract, robot: RobotConfig) -> None:
        self._contract = contract
        self._robot = robot
        self._kinematics = Kinematics(robot)
        self._joints = len(measured_joints(robot, ""))
        self._aliases = aliases(contract)
        self._images = {image_key(camera.name): camera for camera in contract.cameras}
        state = (PROPRIOCEPTION, MEASURED, COMMANDED)
        self._known = {*self._images, *state, INSTRUCTION, STAMP}

    def read(self, message: object) -> Observation:
        """The observation in a message.

        Raises:
            ContractMismatch: something is missing, unknown or not what the contract asks for.
        """
        given = self._named(message)
        return Observation(
            stamp_ns=_stamp(given.get(STAMP, 0)),
            images={
                camera.name: _image(self._value(given, key), camera)
                for key, camera in self._images.items()
            },
            proprioception=self._proprioception(given),
            instruction=_instruction(self._value(given, INSTRUCTION)),
        )

    def announced(self, message: object) -> str | None:
        """The instruction that later observations will bear, if the message says just that.

        Raises:
            ContractMismatch: it is none.
        """
        if not isinstance(message, dict) or list(message) != [NEXT]:
            return None
        return _instruction(message[NEXT])

    def _named(self, message: object) -> dict[str, Any]:
        """The message under our names."""
        if not isinstance(message, dict) or not all(isinstance(key, str) for key in message):
            raise ContractMismatch("an observation should be a map with names as keys")
        given: dict[str, Any] = {}
        for key, value in message.items():
            name = self._aliases.get(key, key)
            if name not in self._known:
                raise ContractMismatch(f"unknown key '{key[:60]}'; known: {self._choices()}")
            if name in given:
                raise ContractMismatch(f"'{key}' and '{name}' mean the same; send one of them")
            given[name] = value
        return given

    def _choices(self) -> str:
        openpi = [key for key, name in self._aliases.items() if name in self._known]
        return choices({*self._known, *openpi})

    def _value(self, given: Mapping[str, Any], key: str) -> Any:
        if key not in given:
            raise ContractMismatch(f"'{key}' is missing; known: {self._choices()}")
        return given[key]

    def _proprioception(self, given: Mapping[str, Any]) -> NDArray[np.float32]:
        if PROPRIOCEPTION in given:
            if MEASURED in given or COMMANDED in given:
                raise ContractMismatch(f"send '{PROPRIOCEPTION}' or joint positions, not both")
            size = self._contract.proprioception.size
            return _numbers(given[PROPRIOCEPTION], PROPRIOCEPTION, size).astype(np.float32)
        return proprioception.proprioception(
            self._kinematics, self._posture(given, MEASURED), self._posture(given, COMMANDED)
        )

    def _posture(self, given: Mapping[str, Any], key: str) -> Posture:
        if key not in given:
            raise ContractMismatch(
                f"'{PROPRIOCEPTION}' is missing, and so is '{key}'; send the first, or "
                f"'{MEASURED}' and '{COMMANDED}' of {self._joints} joints, fingers last"
            )
        return posture(self._robot, _numbers(given[key], key, self._joints))


def _image(value: object, camera: CameraContract) -> NDArray[np.uint8]:
    if not isinstance(value, np.ndarray):
        raise ContractMismatch(
            f"image of {camera.name} is of type {type(value).__name__}; it should be an array"
        )
    if value.dtype != np.uint8 or value.ndim != 3 or value.shape[2] != 3 or not value.size:
        raise ContractMismatch(
            f"image of {camera.name} is {value.dtype} {list(value.shape)}; "
            f"it should be uint8 [{camera.height}, {camera.width}, 3], RGB"
        )
    return fit(value, camera)


def _numbers(value: object, key: str, size: int) -> NDArray[np.float64]:
    """(size,) finite numbers of an array or a list."""
    try:
        row = np.asarray(value, np.float64)
    except (TypeError, ValueError) as error:
        raise ContractMismatch(f"'{key}' should be {size} numbers") from error
    if row.shape != (size,):
        raise ContractMismatch(f"'{key}' has shape {list(row.shape)}; it should be [{size}]")
    with np.errstate(over="ignore"):
        finite = np.isfinite(row.astype(np.float32))
    if not finite.all():
        index = int(np.argmin(finite))
        raise ContractMismatch(
            f"'{key}' [{index}] is {row[index]}; all {size} should be finite in float32"
        )
    return row


def _instruction(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ContractMismatch("the instruction is blank or no text; it should say what to do")
    require_short(value)
    return value


def _stamp(value: object) -> int:
    if type(value) is not int or not 0 <= value < _MAX_STAMP:
        raise ContractMismatch(
            f"'{STAMP}' is {value!r:.60}; it should be nanoseconds, not negative"
        )
    return value
