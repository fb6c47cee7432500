# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a bundle's ONNX graph with ONNX Runtime, and checks both of its ends.

The graph holds normalisation and denormalisation, so what goes in is what sensors give, and what
comes out is in action units. A session runs sequentially on a fixed number of threads: the same
observation gives the same chunk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from rlco_core.bundle import Bundle
from rlco_core.contract import Contract
from rlco_core.errors import BundleError, ConfigError, ContractMismatch
from rlco_core.language import LanguageEncoder
from rlco_core.types import ActionChunk, Observation

CPU = "CPUExecutionProvider"
OUTPUT = "actions"
_SHOWN = 400

Feeds: TypeAlias = Mapping[str, NDArray[Any]]
Signature: TypeAlias = dict[str, tuple[str, tuple[int, ...]]]


class OnnxPolicy:
    """A `Policy` on ONNX Runtime.

    Args:
        bundle: a verified bundle.
        providers: execution providers by priority; the first must really be in use, because ONNX
            Runtime would fall back to the CPU without a word.
        threads: threads within one operator.
        encoder: sentence encoder; by default the pretrained one is loaded.
    """

    def __init__(
        self,
        bundle: Bundle,
        providers: Sequence[str] = (CPU,),
        threads: int = 1,
        encoder: LanguageEncoder | None = None,
    ) -> None:
        self.contract = bundle.contract
        self.contract_hash = bundle.contract.sha256()
        self._session = _open_session(bundle, providers, threads)
        _check_signature(self._session, self.contract)
        self._encoder = encoder or LanguageEncoder.load()

    @property
    def provider(self) -> str:
        """The execution provider in use."""
        return str(self._session.get_providers()[0])

    def truncates(self, instruction: str) -> bool:
        """Whether the end of `instruction` is lost; also readies it for the first `infer`."""
        return self._encoder.encode(instruction).truncated

    def warm_up(self, runs: int = 3) -> None:
        """Runs the graph on noise, so that the first real answer is not the slow one.

        Raises:
            BundleError: the answer is not finite.
        """
        generator = np.random.default_rng(0)
        for _ in range(runs):
            self._run(_noise(self.contract, generator))

    def infer(self, observation: Observation) -> ActionChunk:
        """See `Policy.infer`."""
        _check_observation(self.contract, observation)
        language = self._encoder.encode(observation.instruction)
        feeds: dict[str, NDArray[Any]] = {
            f"image_{name}": image[np.newaxis] for name, image in observation.images.items()
        }
        feeds["proprioception"] = observation.proprioception[np.newaxis]
        feeds["language_tokens"] = language.tokens[np.newaxis]
        feeds["language_mask"] = language.mask[np.newaxis]
        return ActionChunk(
            stamp_ns=observation.stamp_ns,
            dt=self.contract.action.dt,
            actions=self._run(feeds),
            contract_hash=self.contract_hash,
        )

    def _run(self, feeds: Feeds) -> NDArray[np.float32]:
        """(horizon, 7) finite actions."""
        try:
            actions: NDArray[np.float32] = self._session.run([OUTPUT], feeds)[0][0]
        except Exception as error:  # ONNX Runtime's own exception classes share no public base
            raise BundleError(f"the model cannot be run: {_short(error)}") from error
        if not np.isfinite(actions).all():
            row, column = np.argwhere(~np.isfinite(actions))[0]
            name = self.contract.action.columns[column]
            raise BundleError(
                f"the model answered {actions[row, column]} in row {row}, column {name}; "
                "every action should be finite"
            )
        return actions


def _open_session(bundle: Bundle, providers: Sequence[str], threads: int) -> ort.InferenceSession:
    if not providers or threads < 1:
        raise ConfigError(
            f"providers {list(providers)} with {threads} threads cannot run; "
            "it should be at least one provider and one thread"
        )
    _require_provider(providers[0], ort.get_available_providers())
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    # Idle threads that spin would take the other processes' cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = ort.InferenceSession(str(bundle.model_path), options, providers=list(providers))
    except Exception as error:  # ONNX Runtime's own exception classes share no public base
        raise BundleError(f"{bundle.model_path}: {_short(error)}") from error
    _require_provider(providers[0], session.get_providers()[:1])
    return session


def _short(error: Exception) -> str:
    """What ONNX Runtime says, in one line that ends."""
    return " ".join(str(error).split())[:_SHOWN]


def _require_provider(wanted: str, offered: Sequence[str]) -> None:
    if wanted not in offered:
        raise ConfigError(
            f"execution provider {wanted} is not in use; onnxruntime offers "
            f"[{', '.join(offered)}] here: choose one of these or install the build with {wanted}"
        )


def graph_inputs(contract: Contract) -> Signature:
    """Name -> (ONNX type, shape) of every input that the contract asks for."""
    language = (1, contract.language.tokens, contract.language.width)
    images: Signature = {
        f"image_{camera.name}": ("tensor(uint8)", (1, camera.height, camera.width, 3))
        for camera in contract.cameras
    }
    return images | {
        "proprioception": ("tensor(float)", (1, contract.proprioception.size)),
        "language_tokens": ("tensor(float)", language),
        "language_mask": ("tensor(float)", language[:2]),
    }


def graph_outputs(contract: Contract) -> Signature:
    """Name -> (ONNX type, shape) of the output."""
    action = contract.action
    return {OUTPUT: ("tensor(float)", (1, action.horizon, len(action.columns)))}


def _check_signature(session: ort.InferenceSession, contract: Contract) -> None:
    _compare("input", session.get_inputs(), graph_inputs(contract))
    _compare("output", session.get_outputs(), graph_outputs(contract))


def _compare(kind: str, nodes: Sequence[Any], wanted: Signature) -> None:
    found = {node.name: (node.type, tuple(node.shape)) for node in nodes}
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


def _noise(contract: Contract, generator: np.random.Generator) -> Feeds:
    """Random feeds; all language tokens count as real."""
    feeds: dict[str, NDArray[Any]] = {}
    for name, (dtype, shape) in graph_inputs(contract).items():
        if dtype == "tensor(uint8)":
            feeds[name] = generator.integers(0, 256, shape, np.uint8)
        else:
            feeds[name] = generator.random(shape, np.float32)
    return feeds | {"language_mask": np.ones_like(feeds["language_mask"])}


def _check_observation(contract: Contract, observation: Observation) -> None:
    """Raises `ContractMismatch` when the observation is not what the contract describes."""
    names = {camera.name for camera in contract.cameras}
    if observation.images.keys() != names:
        raise ContractMismatch(
            f"observation has cameras [{', '.join(sorted(observation.images))}], "
            f"the contract asks for [{', '.join(sorted(names))}]"
        )
    for camera in contract.cameras:
        image = observation.images[camera.name]
        _check_array(f"image of {camera.name}", image, (camera.height, camera.width, 3), np.uint8)
    size = (contract.proprioception.size,)
    _check_array("proprioception", observation.proprioception, size, np.float32)
    if not np.isfinite(observation.proprioception).all():
        raise ContractMismatch("proprioception has a value that is not finite; all should be")


def _check_array(what: str, array: NDArray[Any], shape: tuple[int, ...], dtype: type) -> None:
    if array.shape != shape or array.dtype != dtype:
        raise ContractMismatch(
            f"{what} is {array.dtype} {list(array.shape)}, "
            f"the contract asks for {np.dtype(dtype)} {list(shape)}"
        )
