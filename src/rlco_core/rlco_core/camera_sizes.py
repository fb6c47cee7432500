# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras of another size than a policy was trained with: which can be made to fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from rlco_core.contract import CameraContract, Contract
from rlco_core.errors import ContractMismatch

Cameras: TypeAlias = tuple[CameraContract, ...]


def cameras_that_fit(contract: Contract, sizes: Mapping[str, tuple[int, int]]) -> Cameras:
    """The contract's cameras as they exist, by name in ``sizes`` (width, height), px. Images of
    the same shape can be made smaller; what would be squeezed, cut or blown up is another view.

    Raises:
        ContractMismatch: one does not fit; the line has both sizes.
    """
    return tuple(_sized(camera, *sizes[camera.name]) for camera in contract.cameras)


def _sized(camera: CameraContract, width: int, height: int) -> CameraContract:
    if width * camera.height != height * camera.width or width < camera.width:
        raise ContractMismatch(
            f"the bundle does not fit the scene: camera {camera.name}: bundle has "
            f"{camera.width} x {camera.height}, scene has {width} x {height}; it should have the "
            "same ratio of its sides and be no smaller"
        )
    return camera.model_copy(update={"width": width, "height": height})
