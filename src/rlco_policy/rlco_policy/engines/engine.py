# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What an engine is, and the inputs and outputs that every engine's graph must have."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from rlco_core.camera_sizes import Cameras
from rlco_core.contract import Contract
from rlco_core.errors import ContractMismatch

Precision: TypeAlias = Literal["fp32", "fp16", "bf16", "int8"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
OUTPUT = "actions"

#: Name -> (ONNX type, shape).
Signature: TypeAlias = Mapping[str, tuple[str, tuple[int, ...]]]

DTYPES: Mapping[str, type[np.generic]] = {"tensor(uint8)": np.uint8, "tensor(float)": np.float32}


class Engine(Protocol):
    """A graph that is ready to run. Its buffers are made once: a call allocates nothing."""

    @property
    def name(self) -> str:
        """``onnxruntime`` or ``openvino``."""

    @property
    def provider(self) -> str:
        """What really computes: an execution provider or a device."""

    @property
    def precision(self) -> Precision:
        """What the bulk of it is computed in."""

    @property
    def fallback(self) -> str:
        """Why this provider computes and not the first that was asked for; empty where it does."""

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """What runs meanwhile ends by then, and raises `BundleError` where it had not by itself."""

    def put(self, name: str, value: NDArray[Any]) -> None:
        """Writes one input, without the axis of the batch; it stays until it is put again."""

    def run(self) -> NDArray[np.float32]:
        """(1, horizon, 7) actions; the buffer is written again by the next call."""


def graph_inputs(contract: Contract, cameras: Cameras = ()) -> Signature:
    """Every input that the contract asks for; ``cameras``, where there are some, are those that
    exist in place of the contract's.
    """
    language = (1, contract.language.tokens, contract.language.width)
    images = {
        f"image_{camera.name}": ("tensor(uint8)", (1, camera.height, camera.width, 3))
        for camera in cameras or contract.cameras
    }
    return images | {
        "proprioception": ("tensor(float)", (1, contract.proprioception.size)),
        "language_tokens": ("tensor(float)", language),
        "language_mask": ("tensor(float)", language[:2]),
    }


def graph_outputs(contract: Contract) -> Signature:
    """The output that the contract asks for."""
    action = contract.action
    return {OUTPUT: ("tensor(float)", (1, action.horizon, len(action.columns)))}


def buffers(signature: Signature) -> dict[str, NDArray[Any]]:
    """Zeros of every name's type and shape."""
    return {name: np.zeros(shape, DTYPES[kind]) for name, (kind, shape) in signature.items()}


def require_signature(kind: str, found: Signature, wanted: Signature) -> None:
    """Raises `ContractMismatch` unless a model's inputs or outputs are those that are wanted."""
    if found.keys() != wanted.keys():
        raise ContractMismatch(
            f"the model's {kind}s are [{', '.join(sorted(found))}], "
            f"the contract asks for [{', '.join(sorted(wanted))}]"
        )
    for name, (dtype, shape) in wanted.items():
        if found[name] != (dtype, shape):
            has, size = found[name]
            raise ContractMismatch(
                f"{kind} {name} of the model is {has} {list(size)}, "
                f"the contract asks for {dtype} {list(shape)}"
            )
