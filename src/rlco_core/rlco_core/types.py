# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The values that cross every boundary of the stack: observation, action chunk, verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

#: Columns of an action row, in order (see ``ActionChunk.actions``).
ACTION_COLUMNS = ("dx", "dy", "dz", "rx", "ry", "rz", "gripper")


Scalar = TypeVar("Scalar", bound=np.generic)


def readonly(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """A contiguous view or copy of ``array`` that nobody can write to by accident."""
    frozen = np.ascontiguousarray(array).view()
    frozen.flags.writeable = False
    return frozen


@dataclass(frozen=True)
class Observation:
    """What the policy sees at one instant.

    Attributes:
        stamp_ns: ROS time of the measurement, nanoseconds.
        images: camera name -> (height, width, 3) uint8 RGB.
        proprioception: (17,) float32, see ``rlco_core.proprioception``.
        instruction: what to do, in plain words.
    """

    stamp_ns: int
    images: Mapping[str, NDArray[np.uint8]]
    proprioception: NDArray[np.float32]
    instruction: str

    def __post_init__(self) -> None:
        frozen = {name: readonly(image) for name, image in self.images.items()}
        object.__setattr__(self, "images", MappingProxyType(frozen))
        object.__setattr__(self, "proprioception", readonly(self.proprioception))


@dataclass(frozen=True)
class ActionChunk:
    """A short plan: one action per control period, from the observation's time on.

    Attributes:
        stamp_ns: time of the observation that the chunk answers; row k acts in
            ``[stamp + k dt, stamp + (k + 1) dt)``.
        dt: control period, seconds.
        actions: (horizon, 7) float32. Columns 0-2: translation of the commanded
            end effector, m, base frame; 3-5: rotation vector, rad, base frame;
            6: gripper opening, 0 closed to 1 open.
        contract_hash: SHA-256 of the contract that the policy was trained to.
        episode: number of the instruction that it answers.
        by_person: whether a person's hands made it.
    """

    stamp_ns: int
    dt: float
    actions: NDArray[np.float32]
    contract_hash: str
    episode: int = 0
    by_person: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "actions", readonly(self.actions))


@dataclass(frozen=True)
class Verdict:
    """The answer of a check: accepted, or the limit that refused and why, in one line."""

    accepted: bool
    limit: str = ""
    reason: str = ""


ACCEPTED = Verdict(True)
