# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What an episode must be to go into a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import DatasetError
from rlco_trainer.lerobot.schema import (
    ACTION,
    ENVIRONMENT,
    INTERVENTION,
    STATE,
    Features,
    Scalar,
    image_key,
)


def check_episode(
    features: Features,
    images: Mapping[str, NDArray[np.uint8]],
    states: NDArray[np.float32],
    actions: NDArray[np.float32],
    environment: NDArray[np.float32],
    intervention: NDArray[np.bool_] | None,
    task: str,
    metadata: Mapping[str, Scalar],
) -> None:
    """Raises DatasetError unless the episode has what ``features`` says, T > 0 times."""
    if not task:
        raise DatasetError("an episode needs its instruction as task, not an empty text")
    if not len(states):
        raise DatasetError("an episode needs at least one frame")
    _check_names("cameras", images, features.cameras)
    _check_names("metadata", metadata, features.metadata)
    for camera, (height, width) in features.cameras.items():
        shape = (len(states), height, width, 3)
        _check_array(image_key(camera), images[camera], np.uint8, shape)
    _check_array(STATE, states, np.float32, (len(states), len(features.state_names)))
    _check_array(ACTION, actions, np.float32, (len(states), len(features.action_names)))
    width = len(features.environment_names)
    _check_array(ENVIRONMENT, environment, np.float32, (len(states), width))
    if (intervention is not None) != features.intervention:
        wanted = "needs" if features.intervention else "takes no"
        raise DatasetError(f"an episode of this dataset {wanted} {INTERVENTION}")
    if intervention is not None:
        _check_array(INTERVENTION, intervention, np.bool_, (len(states),))
    for name, kind in features.metadata.items():
        _check_scalar(name, metadata[name], kind)


def _check_names(what: str, given: Iterable[str], wanted: Iterable[str]) -> None:
    if set(given) != set(wanted):
        raise DatasetError(f"{what} are {sorted(given)}: must be {sorted(wanted)}")


def _check_array(name: str, array: NDArray[Any], dtype: type, shape: tuple[int, ...]) -> None:
    if array.dtype != dtype or array.shape != shape:
        raise DatasetError(
            f"{name} is {array.dtype} {array.shape}: must be {np.dtype(dtype)} {shape}"
        )
    if not np.isfinite(array).all():
        raise DatasetError(f"{name} has NaN or infinity: all values must be finite")


def _check_scalar(name: str, value: Scalar, kind: type[Scalar]) -> None:
    # A type is compared, not an instance: True is an int, and would be stored as 1.
    if type(value) is not kind:
        raise DatasetError(
            f"metadata '{name}' is {type(value).__name__} {value!r}: must be {kind.__name__}"
        )
