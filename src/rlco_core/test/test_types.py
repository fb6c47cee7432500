# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Values that cross boundaries cannot be changed on the way; errors list what would be right."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from rlco_core import errors
from rlco_core.errors import choices
from rlco_core.types import ACCEPTED, ACTION_COLUMNS, ActionChunk, Observation, Verdict, readonly


def observation() -> Observation:
    return Observation(
        stamp_ns=7,
        images={"front": np.zeros((2, 3, 3), np.uint8)},
        proprioception=np.zeros(17, np.float32),
        instruction="push the red cube",
    )


def test_observations_cannot_be_written_to() -> None:
    seen = observation()
    for array in (seen.images["front"], seen.proprioception):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(TypeError, match="item assignment"):
        seen.images["wrist"] = np.zeros((2, 3, 3), np.uint8)  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        seen.stamp_ns = 8  # type: ignore[misc]


def test_a_later_camera_does_not_appear_in_an_older_observation() -> None:
    images = {"front": np.zeros((2, 3, 3), np.uint8)}
    seen = Observation(0, images, np.zeros(17, np.float32), "")
    images["wrist"] = images["front"]
    assert list(seen.images) == ["front"]


def test_chunks_cannot_be_written_to() -> None:
    chunk = ActionChunk(0, 0.05, np.zeros((8, 7), np.float32), "a" * 64)
    assert chunk.episode == 0
    with pytest.raises(ValueError, match="read-only"):
        chunk.actions[0, 0] = 1.0
    with pytest.raises(FrozenInstanceError):
        chunk.dt = 0.1  # type: ignore[misc]


def test_readonly_leaves_the_callers_array_writable_and_packs_strides() -> None:
    array = np.arange(12.0).reshape(3, 4)
    frozen = readonly(array[:, ::2])
    assert frozen.flags.c_contiguous
    assert not frozen.flags.writeable
    assert (frozen == array[:, ::2]).all()
    readonly(array)
    array[0, 0] = 5.0


def test_action_columns_have_the_order_of_the_contract() -> None:
    assert ACTION_COLUMNS == ("dx", "dy", "dz", "rx", "ry", "rz", "gripper")


def test_verdicts() -> None:
    assert Verdict(True) == ACCEPTED
    assert (ACCEPTED.limit, ACCEPTED.reason) == ("", "")
    assert Verdict(False, "speed", "too fast") != ACCEPTED


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        ([], "none are known"),
        (["b"], "'b'"),
        (["b", "a"], "'a' or 'b'"),
        (("c", "a", "b"), "'a', 'b' or 'c'"),
    ],
)
def test_choices_are_sorted_and_quoted(names: list[str], listed: str) -> None:
    assert choices(names) == listed


def test_every_error_is_caught_as_one_family() -> None:
    for name in ("ConfigError", "BundleError", "DatasetError", "KinematicsError"):
        assert issubclass(getattr(errors, name), errors.RlcoError)
    assert issubclass(errors.ContractMismatch, errors.BundleError)
