# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Several observations in one run of a bundle's graph, where the graph can be made to take them.

Exported graphs take one observation. Where the batch's axis shows in their reshapes alone it can be
set free: a batch then costs less than its observations one by one, and its answers are not those of
one by one to the bit. How far they may be off is checked before anybody is served.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from rlco_core.bundle import Bundle
from rlco_core.contract import Contract
from rlco_core.errors import BundleError, ConfigError, in_short
from rlco_core.language import LanguageEncoder
from rlco_core.types import ActionChunk, Observation
from rlco_policy.engines.deadline import Deadline
from rlco_policy.engines.graphs import parsed
from rlco_policy.engines.onnx_runtime import open_session
from rlco_policy.engines.settings import EngineSettings
from rlco_policy.engines.tensorrt import TENSORRT
from rlco_policy.onnx_policy import TRIAL_S, OnnxPolicy

#: How far an action may be off, as a share of its range in the bundle's statistics.
TOLERANCE = 1e-3
_OUTPUT = "actions"
_REFUSAL = "serve it with --batch 1"


class BatchPolicy(Protocol):
    """Observations in, as many action chunks out."""

    @property
    def contract(self) -> Contract:
        """See `Policy.contract`."""

    def infer_all(self, observations: Sequence[Observation]) -> list[ActionChunk]:
        """See `Policy.infer`, for each."""

    def truncates(self, instruction: str) -> bool:
        """Whether the end of `instruction` is lost; also readies it for the first answer."""


class OneByOne:
    """A `BatchPolicy` of a policy that takes one observation at a time."""

    def __init__(self, policy: OnnxPolicy) -> None:
        self._policy = policy

    @property
    def contract(self) -> Contract:
        """See `Policy.contract`."""
        return self._policy.contract

    def infer_all(self, observations: Sequence[Observation]) -> list[ActionChunk]:
        """See `BatchPolicy.infer_all`."""
        return [self._policy.infer(observation) for observation in observations]

    def truncates(self, instruction: str) -> bool:
        """See `BatchPolicy.truncates`."""
        return self._policy.truncates(instruction)


class Batched:
    """A `BatchPolicy` on ONNX Runtime.

    Args:
        bundle: a verified bundle.
        settings: providers and threads.
        encoder: sentence encoder.

    Raises:
        ConfigError: a provider cannot be had, or takes no batches.
        BundleError: its graph does not take batches.
    """

    def __init__(self, bundle: Bundle, settings: EngineSettings, encoder: LanguageEncoder) -> None:
        self.contract = bundle.contract
        self._hash = bundle.contract.sha256()
        self._encoder = encoder
        self._deadline = Deadline()
        if TENSORRT in settings.providers:
            raise ConfigError(f"TensorRT compiles a graph for one size of batch; {_REFUSAL}")
        try:
            model = free_batch(parsed(bundle.model)).SerializeToString()
            self._session = open_session(model, settings)
        except BundleError as error:
            raise BundleError(f"{bundle.manifest.name}: {error}; {_REFUSAL}") from error

    def infer_all(self, observations: Sequence[Observation]) -> list[ActionChunk]:
        """See `BatchPolicy.infer_all`."""
        answers = self._run(observations)
        if not np.isfinite(answers).all():
            raise BundleError("the model's answer is not finite; every action should be")
        return [
            ActionChunk(observation.stamp_ns, self.contract.action.dt, actions, self._hash)
            for observation, actions in zip(observations, answers, strict=True)
        ]

    def truncates(self, instruction: str) -> bool:
        """See `BatchPolicy.truncates`."""
        return self._encoder.encode(instruction).truncated

    def require_like(self, policy: OnnxPolicy, bundle: Bundle, most: int) -> None:
        """Runs batches of every size up to ``most``, which also warms them up.

        Raises:
            BundleError: they fail, or answer otherwise than ``policy`` does one by one.
        """
        seen = [_noise(self.contract, number) for number in range(most)]
        with policy.trial(), self._deadline.within(TRIAL_S):
            alone = np.stack([policy.infer(observation).actions for observation in seen])
            several = [self._tried(seen[:size]) for size in range(1, most + 1)]
        statistics = bundle.manifest.statistics.action
        scale = np.maximum(np.subtract(statistics.high, statistics.low), 1e-6)
        for size, found in enumerate(several, 1):
            off = np.abs(found - alone[:size]) / scale
            if not off.max() <= TOLERANCE:
                raise BundleError(
                    f"{bundle.manifest.name}: in a batch of {size} an action is off by "
                    f"{off.max():.1e} of its range, {TOLERANCE:g} allowed; {_REFUSAL}"
                )

    def _tried(self, observations: Sequence[Observation]) -> NDArray[np.float32]:
        try:
            return self._run(observations)
        except Exception as error:  # ONNX Runtime's own exception classes share no public base
            raise BundleError(
                f"the graph does not take {len(observations)} observations at once: "
                f"{in_short(error)}; {_REFUSAL}"
            ) from error

    def _run(self, observations: Sequence[Observation]) -> NDArray[np.float32]:
        """(n, horizon, 7) actions."""
        languages = [self._encoder.encode(one.instruction) for one in observations]
        feeds = {
            f"image_{camera.name}": np.stack([one.images[camera.name] for one in observations])
            for camera in self.contract.cameras
        }
        feeds["proprioception"] = np.stack([one.proprioception for one in observations])
        feeds["language_tokens"] = np.stack([language.tokens for language in languages])
        feeds["language_mask"] = np.stack([language.mask for language in languages])
        (actions,) = self._session.run([_OUTPUT], feeds, self._deadline.options)
        answer: NDArray[np.float32] = actions
        return answer


def free_batch(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with a free first axis of its inputs and outputs, and in its reshapes."""
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    del model.graph.value_info[:]
    asked = {node.input[1] for node in model.graph.node if node.op_type == "Reshape"}
    for tensor in _constants(model.graph, asked):
        shape = numpy_helper.to_array(tensor).copy()
        if shape.size and shape[0] == 1 and -1 not in shape:
            shape[0] = -1
            tensor.CopyFrom(numpy_helper.from_array(shape, tensor.name))
    return model


def _constants(graph: onnx.GraphProto, names: set[str]) -> Iterator[onnx.TensorProto]:
    """The tensors of these names, be they initialisers or the values of nodes."""
    yield from (tensor for tensor in graph.initializer if tensor.name in names)
    for node in graph.node:
        if node.op_type == "Constant" and node.output[0] in names:
            yield node.attribute[0].t


def _noise(contract: Contract, number: int) -> Observation:
    generator = np.random.default_rng(number)
    images = {
        camera.name: generator.integers(0, 256, (camera.height, camera.width, 3), np.uint8)
        for camera in contract.cameras
    }
    row: NDArray[Any] = generator.random(contract.proprioception.size, np.float32)
    return Observation(number, images, row, f"move object {number}")
