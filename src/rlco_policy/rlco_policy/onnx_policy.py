# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A bundle as a `Policy`: an engine runs its graph, both of its ends are checked here.

The graph holds normalisation and denormalisation, so what goes in is what sensors give, and what
comes out is in action units.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlco_core.bundle import Bundle
from rlco_core.camera_sizes import Cameras
from rlco_core.contract import Contract
from rlco_core.errors import BundleError, ContractMismatch, in_short
from rlco_core.language import LanguageEncoder, shared_encoder
from rlco_core.types import ActionChunk, Observation
from rlco_policy.engines.engine import Engine, graph_inputs
from rlco_policy.engines.open import open_engine
from rlco_policy.engines.settings import EngineSettings

#: What a model may take for all that it is asked before it acts, s.
TRIAL_S = 60.0


class OnnxPolicy:
    """A `Policy` on an engine; nothing has vouched for it yet, see `rlco_policy.parity`.

    Args:
        bundle: a verified bundle.
        settings: which engine, and how.
        encoder: sentence encoder; by default the pretrained one, which all policies share.
        cameras: those that exist, where they are larger than the contract's.
        engine: in place of the one that the settings ask for.
    """

    def __init__(
        self,
        bundle: Bundle,
        settings: EngineSettings | None = None,
        encoder: LanguageEncoder | None = None,
        cameras: Cameras = (),
        engine: Engine | None = None,
    ) -> None:
        self.contract = bundle.contract
        self.contract_hash = bundle.contract.sha256()
        self.cameras = cameras or bundle.contract.cameras
        self.bundle, self.settings = bundle, settings or EngineSettings()
        self.engine = engine or open_engine(bundle, self.settings, cameras)
        self.encoder = encoder or shared_encoder()
        self._said: str | None = None

    @property
    def provider(self) -> str:
        """What computes."""
        return self.engine.provider

    def trial(self) -> AbstractContextManager[None]:
        """Around what it is asked before it may act: a model that does not end raises
        `BundleError`.
        """
        return self.engine.within(TRIAL_S)

    def truncates(self, instruction: str) -> bool:
        """Whether the end of `instruction` is lost; also readies it for the first `infer`."""
        return self.encoder.encode(instruction).truncated

    def warm_up(self, runs: int = 3) -> None:
        """Runs the graph on noise, so that the first real answer is not the slow one.

        Raises:
            BundleError: the answer is not finite, or does not come.
        """
        generator = np.random.default_rng(0)
        self._said = None
        with self.trial():
            for _ in range(runs):
                for name, value in _noise(self.contract, self.cameras, generator).items():
                    self.engine.put(name, value)
                self._run()

    def infer(self, observation: Observation) -> ActionChunk:
        """See `Policy.infer`."""
        _check_observation(self.contract, self.cameras, observation)
        self._hear(observation.instruction)
        for name, image in observation.images.items():
            self.engine.put(f"image_{name}", image)
        self.engine.put("proprioception", observation.proprioception)
        return ActionChunk(
            stamp_ns=observation.stamp_ns,
            dt=self.contract.action.dt,
            actions=self._run(),
            contract_hash=self.contract_hash,
        )

    def _hear(self, instruction: str) -> None:
        """Tells the engine what was said, if it is something new."""
        if instruction == self._said:
            return
        language = self.encoder.encode(instruction)
        self.engine.put("language_tokens", language.tokens)
        self.engine.put("language_mask", language.mask)
        self._said = instruction

    def _run(self) -> NDArray[np.float32]:
        """(horizon, 7) finite actions, of the caller's own."""
        try:
            actions: NDArray[np.float32] = self.engine.run()[0].copy()
        except Exception as error:  # engines' own exception classes share no public base
            raise BundleError(f"the model cannot be run: {in_short(error)}") from error
        if not np.isfinite(actions).all():
            row, column = np.argwhere(~np.isfinite(actions))[0]
            name = self.contract.action.columns[column]
            raise BundleError(
                f"the model answered {actions[row, column]} in row {row}, column {name}; "
                "every action should be finite"
            )
        return actions


def _noise(
    contract: Contract, cameras: Cameras, generator: np.random.Generator
) -> dict[str, NDArray[Any]]:
    """Random inputs; all language tokens count as real."""
    feeds: dict[str, NDArray[Any]] = {}
    for name, (dtype, shape) in graph_inputs(contract, cameras).items():
        if dtype == "tensor(uint8)":
            feeds[name] = generator.integers(0, 256, shape[1:], np.uint8)
        else:
            feeds[name] = generator.random(shape[1:], np.float32)
    return feeds | {"language_mask": np.ones_like(feeds["language_mask"])}


def _check_observation(contract: Contract, cameras: Cameras, observation: Observation) -> None:
    """Raises `ContractMismatch` when the observation is not what the contract describes."""
    names = {camera.name for camera in cameras}
    if observation.images.keys() != names:
        raise ContractMismatch(
            f"observation has cameras [{', '.join(sorted(observation.images))}], "
            f"the contract asks for [{', '.join(sorted(names))}]"
        )
    for camera in cameras:
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
